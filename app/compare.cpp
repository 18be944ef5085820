// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal compare: how far two alignments of the same tilt series are apart.
#include "command.h"

#include "gimbal/core/version.h"
#include "gimbal/data/alignment_star.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/report/compare_report.h"
#include "gimbal/tilt/stack.h"

#include <algorithm>
#include <iostream>
#include <memory>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

struct Settings {
  std::string output = "compare/";
  double thickness_nm = 0.0;  // 0: as the alignments say
};

// A folder stands for the file that `gimbal align` writes there.
fs::path file_of(const std::string& given) {
  return fs::is_directory(given) ? fs::path(given) / "aligned_tilt_series.star" : fs::path(given);
}

// Of the first image that can be read.
Size2 image_size(const TiltSeries& series) {
  std::string reason = "it has no tilts";
  for (const auto& row : series.tilts) try {
      const auto image = tilt::image_source(row);
      if (image.path.empty()) fail("{} names no image", row.where);
      const StackInfo info = open_frames(image.path)->info();
      return {info.nx, info.ny};
    } catch (const Error& error) {
      reason = error.what();
    }
  fail("no image of {} can be read, so the size of its field is not known: {}", series.name(),
       reason);
}

std::string method_of(const TiltSeries& series) {
  const auto* method = series.global.find(label::alignment_method);
  return method == nullptr ? "" : *method;
}

Alignment read_alignment(const TiltSeries& series, Size2 size) {
  Alignment alignment = alignment_of(series, size, image_pixel_A(series));
  if (const auto thickness = series.global.optional_number(label::thickness))
    alignment.thickness_A = *thickness;
  return alignment;
}

double thickness_A(const Settings& settings, const Alignment& first, const Alignment& second) {
  constexpr double usual_A = 1500.0;
  if (settings.thickness_nm > 0.0) return 10.0 * settings.thickness_nm;
  for (const auto* alignment : {&first, &second})
    if (alignment->thickness_A > 0.0) return alignment->thickness_A;
  return usual_A;
}

ComparedSeries compare_series(const TiltSeries& first, const TiltSeriesSet& others,
                              const Settings& settings) {
  ComparedSeries result;
  result.name = first.name();
  try {
    const auto second =
        std::find_if(others.series.begin(), others.series.end(),
                     [&](const TiltSeries& series) { return series.name() == first.name(); });
    if (second == others.series.end()) fail("the second alignment does not have it");
    const Size2 size = image_size(first);
    const Alignment a = read_alignment(first, size), b = read_alignment(*second, size);
    result.first_method = method_of(first);
    result.second_method = method_of(*second);
    result.difference = compare_alignments(a, b, thickness_A(settings, a, b));
  } catch (const Error& error) {
    result.reason = error.what();
  }
  return result;
}

void print(const CompareReport& report) {
  for (const auto& series : report.series) {
    if (!series.reason.empty()) {
      std::cerr << fmt::format("error: {}: {}\n", series.name, series.reason);
      continue;
    }
    const auto& d = series.difference;
    std::cout << fmt::format(
        "{}: {:.2f} A apart on average, {:.2f} A at most ({:.2f} A as a rigid body); axis {:+.3f}, "
        "tilt angles {:+.3f} degrees; {} tilts",
        series.name, d.mean_A, d.max_A, d.rigid_mean_A, d.axis_deg, d.angle_deg, d.tilts.size());
    if (!d.only_first.empty() || !d.only_second.empty())
      std::cout << fmt::format(" (only the first uses {} more, only the second {})",
                               d.only_first.size(), d.only_second.size());
    std::cout << "\n    tilt   mean A   x, y A\n";
    for (const auto& tilt : d.tilts)
      std::cout << fmt::format("  {:6.1f} {:8.2f} {:8.2f} {:8.2f}  {}\n", tilt.nominal_tilt_deg,
                               tilt.mean_A, tilt.offset_A.x, tilt.offset_A.y, tilt.key);
  }
}

int run_compare(const Command& command, const Settings& settings) {
  if (command.arguments.size() != 2)
    throw UsageError("give two alignments: aligned_tilt_series.star of each, or its folder");
  CompareReport report;
  report.version = version;
  report.first = file_of(command.arguments[0]).string();
  report.second = file_of(command.arguments[1]).string();
  const auto first = read_tilt_series(report.first), second = read_tilt_series(report.second);
  for (const auto& series : first.series)
    report.series.push_back(compare_series(series, second, settings));
  for (const auto& [name, reason] : first.unreadable)
    report.series.push_back({name, reason, {}, {}, {}});
  print(report);
  const fs::path folder = settings.output;
  write_text_atomically(folder / "compare.json", compare_json(report));
  write_compare_html(folder / "report.html", report);
  write_compare_png(folder / "compare.png", report);
  std::cout << "Report: " << (folder / "report.html").string() << '\n';
  const auto failed =
      std::count_if(report.series.begin(), report.series.end(),
                    [](const ComparedSeries& series) { return !series.reason.empty(); });
  if (failed == 0) return exit_done;
  return static_cast<std::size_t>(failed) < report.series.size() ? exit_some_failed : exit_failed;
}

}  // namespace

Command make_compare() {
  auto settings = std::make_shared<Settings>();
  Command command;
  command.name = "compare";
  command.summary = "Say how far two alignments are apart";
  command.description =
      "Compares two alignments of the same tilt series, by whatever program, in Angstrom for each "
      "tilt. Points through the specimen are seen with the first alignment, and each is placed "
      "where it fits the second one best; what is left in the images is the distance: neither the "
      "choice of the tomogram's centre nor a common offset of the tilt angles counts. Writes "
      "report.html, compare.png and compare.json. Give each alignment as aligned_tilt_series.star "
      "or the folder that holds it; paths are relative to the working directory.";
  command.examples = {
      "gimbal compare AlignTiltSeries/job004/ AlignTiltSeries/job005/ --o compare_4_5/"};
  command.positional = "ALIGNMENT";
  command.table.add("o", settings->output, {.help = "Folder to write to", .result = false});
  command.table.add("thickness_nm", settings->thickness_nm,
                    {.help = "Thickness of the slab that holds the points; 0: as the alignments "
                             "say, or 150 nm if neither does",
                     .unit = "nm",
                     .min = 0,
                     .max = 10000});
  command.run = [settings](const Command& self) { return run_compare(self, *settings); };
  return command;
}

}  // namespace gimbal::app
