// SPDX-License-Identifier: GPL-3.0-or-later
// RELION's record of a project, default_pipeline.star: jobs with their state, the files ("nodes")
// that pass between them, and job.star, the values of a job's fields. RELION 5's blocks and labels;
// all else in the file is kept.
#pragma once

#include "gimbal/io/star.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gimbal {

struct PipelineNode {
  std::string name;  // "MotionCorr/job002/corrected_tilt_series.star"
  std::string type;  // "TomogramGroupMetadata.star.relion.tomo.motioncorr"
};

struct PipelineJob {
  std::string name;  // "MotionCorr/job002/", with the slash
  std::string type;  // "relion.motioncorr.own"
  std::vector<PipelineNode> inputs, outputs;
};

enum class PipelineStatus { running, succeeded, failed, aborted };

class RelionPipeline {
 public:
  RelionPipeline();  // of an empty project
  // Errors name the block or column that is missing.
  explicit RelionPipeline(StarDocument document);

  // The number that RELION would give to the next job.
  long next_job() const;
  // "MotionCorr/job012/"
  std::string next_name(const std::string& folder) const;
  bool has(const std::string& job) const;
  // The job as running, new or again; nodes and edges that are there already are not repeated, and
  // a node that belongs to a job of the project becomes its output.
  void start(const PipelineJob& job);
  void set_status(const std::string& job, PipelineStatus status);
  // Of a job, as far as they are known.
  std::vector<PipelineNode> outputs(const std::string& job) const;

  // As RELION writes it: without loops that have no rows.
  StarDocument document() const;

 private:
  StarTable& table(const char* name);
  const StarTable& table(const char* name) const;
  std::string without_alias(const std::string& node) const;
  bool has_node(const std::string& name) const;
  void add_node(const PipelineNode& node);
  void add_edge(const char* block, const std::string& from, const std::string& to);

  StarDocument document_;
};

// job.star: the fields of RELION's window and their values.
StarDocument relion_job_star(const std::string& type,
                             std::vector<std::pair<std::string, std::string>> values);

// RELION_OUTPUT_NODES.star, by which an External job tells what it made.
StarDocument relion_output_nodes(const std::vector<PipelineNode>& nodes);

// The number of "MotionCorr/job012/": 12; nothing when the name has another form. RELION knows a
// job by such a folder, relative to the project's.
std::optional<long> relion_job_number(const std::string& name);

}  // namespace gimbal
