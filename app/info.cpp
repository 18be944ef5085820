// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal info: what files are.
#include "command.h"

#include "gimbal/core/text.h"
#include "gimbal/data/tilt_series_summary.h"
#include "gimbal/io/describe.h"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace gimbal::app {
namespace {

struct InfoOptions {
  bool json = false;
};

const char* severity_name(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::error:
      return "error";
  }
  return "";
}

// io knows files; what a STAR file of tilt series speaks of is known to data.
struct Described {
  FileDescription file;
  std::vector<TiltSeriesSummary> series;
};

Described described(const std::filesystem::path& path) {
  Described result{describe_file(path), {}};
  if (!iequals(path.extension().string(), ".star") || !is_tilt_series_table(path)) return result;
  Findings& findings = result.file.findings;
  try {
    const auto set = read_tilt_series(path);
    findings.insert(findings.end(), set.findings.begin(), set.findings.end());
    for (const auto& [name, reason] : set.unreadable)
      findings.push_back({Severity::warning, Defect::inconsistent, name + ": " + reason});
    for (const auto& one : set.series) {
      result.series.push_back(summarise(one));
      result.file.line(one.name(), text_of(result.series.back()));
    }
  } catch (const Error& error) {  // the file itself has been described
    findings.push_back({Severity::warning, Defect::inconsistent, error.what()});
  }
  return result;
}

nlohmann::ordered_json as_json(const TiltSeriesSummary& series) {
  nlohmann::ordered_json json{{"name", series.name}, {"n_tilts", series.n_tilts}};
  const auto add = [&](const char* key, const std::optional<double>& value) {
    if (value) json[key] = *value;
  };
  add("min_angle_deg", series.min_angle_deg);
  add("max_angle_deg", series.max_angle_deg);
  json["refined_angles"] = series.refined_angles;
  add("pixel_A", series.pixel_A);
  add("dose_e_A2", series.dose_e_A2);
  return json;
}

nlohmann::ordered_json as_json(const std::string& file, const FileDescription& description) {
  nlohmann::ordered_json json{{"file", file}, {"kind", description.kind}};
  for (const auto& [key, value] : description.facts)
    std::visit([&, &name = key](const auto& v) { json[name] = v; }, value);
  json["findings"] = nlohmann::ordered_json::array();
  for (const auto& finding : description.findings)
    json["findings"].push_back({{"severity", severity_name(finding.severity)},
                                {"defect", static_cast<int>(finding.defect)},
                                {"text", finding.text}});
  return json;
}

void print(const std::string& file, const FileDescription& description) {
  std::cout << file << '\n';
  for (const auto& [label, text] : description.lines)
    std::cout << fmt::format("  {:<12} {}\n", label, text);
  for (const auto& finding : description.findings)
    std::cout << fmt::format("  {:<12} {}\n", severity_name(finding.severity), finding.text);
}

int run(const Command& command, const InfoOptions& options) {
  auto all = nlohmann::ordered_json::array();
  std::size_t n_failed = 0;
  for (const auto& file : command.arguments) {
    try {
      const auto [description, series] = described(file);
      if (options.json) {
        all.push_back(as_json(file, description));
        for (const auto& one : series) all.back()["tilt_series"].push_back(as_json(one));
      } else {
        print(file, description);
      }
    } catch (const std::exception& error) {
      ++n_failed;
      std::cerr << "gimbal info: " << error.what() << '\n';
      if (options.json) all.push_back({{"file", file}, {"error", error.what()}});
    }
  }
  if (options.json)
    std::cout << all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  if (n_failed == 0) return exit_done;
  return n_failed == command.arguments.size() ? exit_failed : exit_some_failed;
}

}  // namespace

Command make_info() {
  const auto options = std::make_shared<InfoOptions>();
  Command command;
  command.name = "info";
  command.summary = "Describe movies, images, STAR and mdoc files";
  command.description =
      "Says of each file what it is: format, size, number of frames, pixel size, and what is odd "
      "about it. The format of an image is found by looking into the file, STAR files and mdocs "
      "are "
      "known by their names. Of a STAR file of tilt series it says what is in each series (in the "
      "project's folder, as paths in it "
      "are relative to that).";
  command.examples = {"gimbal info frames/*.mrc", "gimbal info --json movie.eer"};
  command.positional = "FILE";
  command.table.add("json", options->json,
                    {.help = "print JSON: an array with one object per file"});
  command.run = [options](const Command& c) { return run(c, *options); };
  return command;
}

}  // namespace gimbal::app
