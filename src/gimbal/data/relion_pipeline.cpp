// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/relion_pipeline.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"

#include <fmt/format.h>

#include <algorithm>

namespace gimbal {
namespace {

constexpr const char *general = "pipeline_general", *processes = "pipeline_processes",
                     *nodes = "pipeline_nodes", *inputs = "pipeline_input_edges",
                     *outputs_block = "pipeline_output_edges";

// Blocks in RELION's order; those that are loops may be missing while they are empty.
const std::vector<std::pair<const char*, std::vector<std::string>>>& loops() {
  static const std::vector<std::pair<const char*, std::vector<std::string>>> all{
      {processes,
       {"rlnPipeLineProcessName", "rlnPipeLineProcessAlias", "rlnPipeLineProcessTypeLabel",
        "rlnPipeLineProcessStatusLabel"}},
      {nodes, {"rlnPipeLineNodeName", "rlnPipeLineNodeTypeLabel", "rlnPipeLineNodeTypeLabelDepth"}},
      {inputs, {"rlnPipeLineEdgeFromNode", "rlnPipeLineEdgeProcess"}},
      {outputs_block, {"rlnPipeLineEdgeProcess", "rlnPipeLineEdgeToNode"}}};
  return all;
}

const char* text_of(PipelineStatus status) {
  switch (status) {
    case PipelineStatus::running:
      return "Running";
    case PipelineStatus::succeeded:
      return "Succeeded";
    case PipelineStatus::failed:
      return "Failed";
    case PipelineStatus::aborted:
      break;
  }
  return "Aborted";
}

// Every column of the table, in its order, by name; "None" for those that gimbal does not know.
void add_named_row(StarTable& table,
                   const std::vector<std::pair<std::string, std::string>>& values) {
  std::vector<StarValue> row;
  for (const auto& label : table.labels()) {
    const auto found = std::find_if(values.begin(), values.end(),
                                    [&](const auto& value) { return value.first == label; });
    row.emplace_back(found == values.end() ? "None" : found->second);
  }
  table.add_row(row);
}

std::optional<std::size_t> row_of(const StarTable& table, const char* label,
                                  const std::string& value) {
  for (std::size_t row = 0; row < table.n_rows(); ++row)
    if (table.at(row, label) == value) return row;
  return std::nullopt;
}

}  // namespace

RelionPipeline::RelionPipeline() {
  document_.source = "default_pipeline.star";
  StarTable head(StarTable::Shape::list, general);
  head.pair("rlnPipeLineJobCounter", 1);
  document_.tables.push_back(std::move(head));
  for (const auto& [name, labels] : loops())
    document_.tables.emplace_back(StarTable::Shape::loop, name, labels);
}

RelionPipeline::RelionPipeline(StarDocument document) : document_(std::move(document)) {
  document_.at(general).number(0, "rlnPipeLineJobCounter");
  for (const auto& [name, labels] : loops()) {
    const StarTable* there = document_.find(name);
    if (there == nullptr) {
      document_.tables.emplace_back(StarTable::Shape::loop, name, labels);
      continue;
    }
    for (const auto& label : labels)
      if (!there->column(label) && label != "rlnPipeLineNodeTypeLabelDepth")
        fail("{} has no column {} in its block data_{}: only projects of RELION 5 can be kept",
             document_.source, label, name);
  }
}

StarTable& RelionPipeline::table(const char* name) {
  return document_.at(name);
}

const StarTable& RelionPipeline::table(const char* name) const {
  return document_.at(name);
}

long RelionPipeline::next_job() const {
  long next = static_cast<long>(table(general).number(0, "rlnPipeLineJobCounter"));
  const StarTable& jobs = table(processes);
  for (std::size_t row = 0; row < jobs.n_rows(); ++row)
    next =
        std::max(next, relion_job_number(jobs.at(row, "rlnPipeLineProcessName")).value_or(0) + 1);
  return std::max(1L, next);
}

std::string RelionPipeline::next_name(const std::string& folder) const {
  return fmt::format("{}/job{:03}/", folder, next_job());
}

bool RelionPipeline::has(const std::string& job) const {
  return row_of(table(processes), "rlnPipeLineProcessName", job).has_value();
}

bool RelionPipeline::has_node(const std::string& name) const {
  return row_of(table(nodes), "rlnPipeLineNodeName", name).has_value();
}

std::string RelionPipeline::without_alias(const std::string& node) const {
  const StarTable& jobs = table(processes);
  for (std::size_t row = 0; row < jobs.n_rows(); ++row) {
    const std::string& alias = jobs.at(row, "rlnPipeLineProcessAlias");
    if (alias.size() > 1 && alias != "None" && node.starts_with(alias))
      return jobs.at(row, "rlnPipeLineProcessName") + node.substr(alias.size());
  }
  return node;
}

void RelionPipeline::add_node(const PipelineNode& node) {
  if (has_node(node.name)) return;
  add_named_row(table(nodes), {{"rlnPipeLineNodeName", node.name},
                               {"rlnPipeLineNodeTypeLabel", node.type},
                               {"rlnPipeLineNodeTypeLabelDepth", "1"}});
  const StarTable& jobs = table(processes);
  for (std::size_t row = 0; row < jobs.n_rows(); ++row)
    if (const std::string& job = jobs.at(row, "rlnPipeLineProcessName");
        node.name.starts_with(job)) {
      add_edge(outputs_block, job, node.name);
      return;
    }
}

void RelionPipeline::add_edge(const char* block, const std::string& from, const std::string& to) {
  StarTable& edges = table(block);
  const bool input = block == inputs;
  const char *from_label = input ? "rlnPipeLineEdgeFromNode" : "rlnPipeLineEdgeProcess",
             *to_label = input ? "rlnPipeLineEdgeProcess" : "rlnPipeLineEdgeToNode";
  for (std::size_t row = 0; row < edges.n_rows(); ++row)
    if (edges.at(row, from_label) == from && edges.at(row, to_label) == to) return;
  add_named_row(edges, {{from_label, from}, {to_label, to}});
}

void RelionPipeline::start(const PipelineJob& job) {
  const auto number = relion_job_number(job.name);
  if (!number) fail("'{}' is no name of a job: it must be like MotionCorr/job012/", job.name);
  const long next = std::max(next_job(), *number + 1);
  StarTable& jobs = table(processes);
  if (const auto row = row_of(jobs, "rlnPipeLineProcessName", job.name))
    jobs.set(*row, "rlnPipeLineProcessTypeLabel", job.type);
  else
    add_named_row(jobs, {{"rlnPipeLineProcessName", job.name},
                         {"rlnPipeLineProcessTypeLabel", job.type},
                         {"rlnPipeLineProcessStatusLabel", "Running"}});
  set_status(job.name, PipelineStatus::running);
  table(general).set(0, "rlnPipeLineJobCounter", next);
  for (const auto& input : job.inputs) {
    const std::string name = without_alias(input.name);
    add_node({name, input.type});
    add_edge(inputs, name, job.name);
  }
  for (const auto& output : job.outputs) {
    add_node(output);
    add_edge(outputs_block, job.name, output.name);
  }
}

void RelionPipeline::set_status(const std::string& job, PipelineStatus status) {
  StarTable& jobs = table(processes);
  const auto row = row_of(jobs, "rlnPipeLineProcessName", job);
  if (!row) fail("{} has no job {}", document_.source, job);
  jobs.set(*row, "rlnPipeLineProcessStatusLabel", text_of(status));
}

std::vector<PipelineNode> RelionPipeline::outputs(const std::string& job) const {
  std::vector<PipelineNode> found;
  const StarTable &edges = table(outputs_block), &all = table(nodes);
  for (std::size_t row = 0; row < edges.n_rows(); ++row) {
    if (edges.at(row, "rlnPipeLineEdgeProcess") != job) continue;
    const std::string& name = edges.at(row, "rlnPipeLineEdgeToNode");
    if (const auto node = row_of(all, "rlnPipeLineNodeName", name))
      found.push_back({name, all.at(*node, "rlnPipeLineNodeTypeLabel")});
  }
  return found;
}

StarDocument RelionPipeline::document() const {
  StarDocument written = document_;
  std::erase_if(written.tables, [](const StarTable& table) {
    return table.shape() == StarTable::Shape::loop && table.n_rows() == 0;
  });
  return written;
}

StarDocument relion_job_star(const std::string& type,
                             std::vector<std::pair<std::string, std::string>> values) {
  StarDocument document;
  StarTable head(StarTable::Shape::list, "job");
  head.pair("rlnJobTypeLabel", type).pair("rlnJobIsContinue", 0).pair("rlnJobIsTomo", 1);
  StarTable fields(StarTable::Shape::loop, "joboptions_values",
                   {"rlnJobOptionVariable", "rlnJobOptionValue"});
  std::sort(values.begin(), values.end());
  for (const auto& [name, value] : values) fields.add_row({name, value});
  document.tables = {std::move(head), std::move(fields)};
  return document;
}

StarDocument relion_output_nodes(const std::vector<PipelineNode>& all) {
  StarDocument document;
  StarTable table(
      StarTable::Shape::loop, "output_nodes",
      {"rlnPipeLineNodeName", "rlnPipeLineNodeTypeLabel", "rlnPipeLineNodeTypeLabelDepth"});
  for (const auto& node : all) table.add_row({node.name, node.type, 1});
  document.tables.push_back(std::move(table));
  return document;
}

std::optional<long> relion_job_number(const std::string& name) {
  const auto parts = split(name, '/');
  if (parts.size() != 3 || parts[0].empty() || parts[0] == "." || parts[0] == ".." ||
      !parts[1].starts_with("job") || !parts[2].empty())
    return std::nullopt;
  const auto number = parse_int(parts[1].substr(3));
  const bool digits = std::all_of(parts[1].begin() + 3, parts[1].end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  return digits && number && *number > 0 ? number : std::nullopt;
}

}  // namespace gimbal
