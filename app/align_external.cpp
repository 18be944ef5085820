// SPDX-License-Identifier: GPL-3.0-or-later
#include "align_external.h"

#include "external_program.h"

#include "gimbal/core/text.h"
#include "gimbal/data/alignment_imod.h"
#include "gimbal/data/alignment_import.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/aretomo_batch.h"
#include "gimbal/io/file.h"
#include "gimbal/io/imod_batch.h"
#include "gimbal/io/mrc.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view tomogram_thickness = "rlnTomoTomogramThickness";  // nm

bool by_imod(const AlignSettings& settings) {
  return settings.align.method != "aretomo";
}

fs::path work_folder(const AlignItem& item, const AlignSettings& settings) {
  return item.folder / (by_imod(settings) ? "imod" : "aretomo");
}

fs::path log_file(const AlignItem& item, const AlignSettings& settings) {
  return work_folder(item, settings) / "log.txt";
}

// Indices of the tilts that have an image, by rising nominal angle.
std::vector<std::size_t> tilts_with_images(const Alignment& alignment,
                                           const std::vector<std::string>& problems) {
  std::vector<std::size_t> order = nominal_order(alignment);
  std::erase_if(order, [&](std::size_t i) { return !problems[i].empty(); });
  if (order.size() < 3)
    fail("{} images are too few to be aligned: three or more are needed", order.size());
  return order;
}

void write_stack(const AlignItem& item, const fs::path& path, const Alignment& alignment,
                 const std::vector<std::size_t>& order) {
  MrcWriteOptions options;
  options.pixel_A = alignment.pixel_A;
  options.survive = Survive::kill;
  options.labels = {"gimbal: motion-corrected tilts by rising angle"};
  MrcStackWriter writer(path, alignment.size.nx, alignment.size.ny, static_cast<int>(order.size()),
                        options);
  for (const std::size_t i : order) writer.append(tilt::read_section(item.images[i]));
  writer.finish();
}

// Angle, and for AreTomo how many tilts were acquired before.
std::string angle_lines(const Alignment& alignment, const std::vector<std::size_t>& order,
                        bool with_rank) {
  std::string text;
  for (const std::size_t i : order) {
    const AlignedTilt& tilt = alignment.tilts[i];
    text += fmt::format("{:.4f}", tilt.nominal_tilt_deg);
    if (with_rank) {
      const auto before = std::count_if(order.begin(), order.end(), [&](std::size_t other) {
        return alignment.tilts[other].pre_exposure_e_A2 < tilt.pre_exposure_e_A2;
      });
      text += fmt::format(" {}", before);
    }
    text += '\n';
  }
  return text;
}

double thickness_nm(const AlignItem& item, const AlignSettings& settings) {
  if (settings.align.thickness_nm > 0.0) return settings.align.thickness_nm;
  return item.series.global.optional_number(tomogram_thickness)
      .value_or(settings.align.tomogram_thickness);
}

std::optional<double> axis_deg(const AlignItem& item, const AlignSettings& settings) {
  if (settings.align.tilt_axis == "unknown") return std::nullopt;
  if (const auto axis = parse_double(settings.align.tilt_axis)) return axis;
  return item.series.tilts.front().optional_number(label::nominal_axis);
}

std::vector<std::string> imod_words(const AlignItem& item, const AlignSettings& settings,
                                    const Alignment& alignment) {
  const auto& external = settings.external;
  const fs::path folder = work_folder(item, settings);
  const auto axis = axis_deg(item, settings);
  if (!axis) fail("IMOD needs the angle of the tilt axis: give it with --tilt_axis");
  ImodBatch batch;
  batch.patches = settings.align.method == "imod_patches";
  batch.pixel_A = alignment.pixel_A;
  batch.axis_deg = *axis;
  batch.gold_nm = settings.align.gold_nm;
  batch.patch_nm = settings.align.patch_nm;
  batch.patch_overlap = settings.align.patch_overlap;
  batch.thickness_nm = thickness_nm(item, settings);
  std::optional<std::string> lines;
  if (!external.adoc_template.empty()) lines = read_text(external.adoc_template);
  write_text_atomically(folder / "batchDirective.adoc", imod_directives(batch, lines),
                        Survive::kill);
  return imod_command(external.batchtomo_exe, folder, item.name());
}

AretomoBatch aretomo_batch(const AlignItem& item, const AlignSettings& settings,
                           const Alignment& alignment) {
  const auto& external = settings.external;
  AretomoBatch batch;
  batch.version = aretomo_version(external.aretomo_exe);
  batch.folder = work_folder(item, settings);
  batch.name = item.name();
  batch.pixel_A = alignment.pixel_A;
  batch.axis_deg = axis_deg(item, settings);
  batch.thickness_nm = thickness_nm(item, settings);
  const std::string& offset = settings.align.tilt_angle_offset;
  if (const auto given = parse_double(offset)) {
    batch.offset = AretomoBatch::Offset::given;
    batch.offset_deg = *given;
  } else {
    batch.offset = offset == "none" ? AretomoBatch::Offset::none : AretomoBatch::Offset::find;
  }
  batch.patches = external.aretomo_patches;
  batch.ctf = external.aretomo_ctf;
  batch.phase_shift = external.aretomo_phaseshift;
  const auto& global = item.series.global;
  batch.voltage_kV = global.optional_number(label::voltage).value_or(batch.voltage_kV);
  batch.cs_mm = global.optional_number(label::spherical_aberration).value_or(batch.cs_mm);
  batch.amplitude_contrast =
      global.optional_number(label::amplitude_contrast).value_or(batch.amplitude_contrast);
  return batch;
}

void run_program(const AlignItem& item, const AlignSettings& settings, const Alignment& alignment,
                 GpuPool& gpus, const std::function<bool()>& stop) {
  const auto run = [&](std::vector<std::string> words) {
    const auto others = shell_words(settings.external.arguments);
    words.insert(words.end(), others.begin(), others.end());
    run_external({words, log_file(item, settings), 60.0 * settings.external.time_limit_min, stop});
  };
  if (by_imod(settings)) return run(imod_words(item, settings, alignment));
  AretomoBatch batch = aretomo_batch(item, settings, alignment);
  gpus.with([&](const std::string& gpu) {
    batch.gpu = gpu;
    run(aretomo_command(settings.external.aretomo_exe, batch));
  });
  fs::remove(batch.folder / (batch.name + "_aligned.mrc"));  // large, and not used
}

// batchruntomo ends well when a step of it fails; what it says then is the reason.
std::string errors_in(const fs::path& log) {
  std::string found;
  const std::string text = read_text(log);
  for (const auto line : split(text, '\n'))
    if (line.find("ERROR") != std::string_view::npos && found.size() < 300)
      found += (found.empty() ? "" : " / ") + std::string(trim(line));
  return found.empty() ? "" : "; it said: " + found;
}

AlignmentSource source_of(const AlignItem& item, const AlignSettings& settings) {
  const fs::path folder = work_folder(item, settings);
  const bool imod = by_imod(settings);
  AlignmentSource source;
  source.format = imod ? AlignmentSource::Format::imod : AlignmentSource::Format::aretomo;
  source.path = folder / (item.name() + (imod ? ".xf" : ".aln"));
  if (!fs::exists(source.path))
    fail("{} ended without an alignment: {} is missing{} (log: {})",
         imod ? settings.external.batchtomo_exe : settings.external.aretomo_exe,
         source.path.string(), errors_in(log_file(item, settings)),
         log_file(item, settings).string());
  return source;
}

// Each view has a place, none is absurd.
void check_sense(const Alignment& part) {
  for (const AlignedTilt& tilt : part.tilts) {
    if (tilt.state != TiltState::used) continue;
    const Projection& p = tilt.projection;
    const bool finite = std::isfinite(p.shift_px.x) && std::isfinite(p.shift_px.y) &&
                        std::isfinite(p.y_tilt_deg) && std::isfinite(p.z_rot_deg);
    if (!finite || std::abs(p.shift_px.x) > 2.0 * part.size.nx ||
        std::abs(p.shift_px.y) > 2.0 * part.size.ny ||
        std::abs(p.y_tilt_deg - tilt.nominal_tilt_deg) > 60.0)
      fail(
          "the program's alignment is absurd: {} is shifted by ({:.0f}, {:.0f}) px and tilted by "
          "{:.1f} degrees (nominally {:.1f})",
          tilt.key, p.shift_px.x, p.shift_px.y, p.y_tilt_deg, tilt.nominal_tilt_deg);
  }
}

// The part that the program saw, back among all tilts.
void take_over(Alignment part, const std::vector<std::size_t>& order, const char* method,
               Alignment& alignment) {
  std::set<std::size_t> seen;
  for (std::size_t k = 0; k < order.size(); ++k) {
    alignment.tilts[order[k]] = part.tilts[k];
    seen.insert(order[k]);
  }
  for (std::size_t i = 0; i < alignment.tilts.size(); ++i)
    if (seen.count(i) == 0) alignment.tilts[i].state = TiltState::excluded;
  for (Track& track : part.tracks) {
    for (Observation& seen_at : track.observations)
      seen_at.tilt = static_cast<int>(order[static_cast<std::size_t>(seen_at.tilt)]);
    std::sort(track.observations.begin(), track.observations.end(),
              [](const Observation& a, const Observation& b) { return a.tilt < b.tilt; });
  }
  part.tilts = std::move(alignment.tilts);
  alignment = std::move(part);
  alignment.method = method;
}

void read_logs(const AlignItem& item, const AlignSettings& settings, Alignment& alignment) {
  const fs::path log = work_folder(item, settings) / "align.log";
  if (!by_imod(settings) || !fs::exists(log)) return;
  const ImodLog said = parse_align_log(read_text(log), alignment.pixel_A / 10.0);
  const double px_per_nm = 10.0 / alignment.pixel_A;
  if (said.angle_offset_deg && *said.angle_offset_deg != 0.0)
    alignment.y_offset_deg = said.angle_offset_deg;
  if (said.leave_out_nm) alignment.leave_out_px = *said.leave_out_nm * px_per_nm;
  if (said.residual_nm && alignment.tracks.empty())
    alignment.residual_px = *said.residual_nm * px_per_nm;
}

}  // namespace

void prepare(AlignSettings& settings) {
  auto& external = settings.external;
  if (by_imod(settings)) {
    if (parse_double(settings.align.tilt_angle_offset))
      throw UsageError(
          "--tilt_angle_offset: IMOD finds the offset by itself; a number goes with gimbal's own "
          "methods and AreTomo");
    external.batchtomo_exe = external_program("batchtomo_exe", external.batchtomo_exe,
                                              "RELION_BATCHTOMO_EXECUTABLE", {"batchruntomo"});
    if (!external.adoc_template.empty() && !fs::exists(external.adoc_template))
      throw UsageError(
          fmt::format("--adoc_template {}: there is no such file", external.adoc_template));
  } else {
    external.aretomo_exe = external_program("aretomo_exe", external.aretomo_exe,
                                            "RELION_ARETOMO_EXECUTABLE", {"AreTomo2", "AreTomo3"});
    gpu_groups(external.gpu);
  }
  shell_words(external.arguments);
  // One thread waits for each program that runs.
  settings.threads = std::max(settings.threads, programs_at_once(settings));
}

int programs_at_once(const AlignSettings& settings) {
  constexpr int most = 8;
  if (!settings.runs_program()) return 1;
  return by_imod(settings) ? std::min(settings.threads, most)
                           : static_cast<int>(gpu_groups_of_rank(settings.external.gpu).size());
}

void align_elsewhere(const AlignItem& item, const AlignSettings& settings,
                     const std::vector<std::string>& problems, GpuPool& gpus,
                     const std::function<bool()>& stop, Alignment& alignment) {
  const auto order = tilts_with_images(alignment, problems);
  const fs::path folder = work_folder(item, settings);
  fs::remove_all(folder);
  fs::create_directories(folder);
  write_stack(item, folder / (item.name() + ".mrc"), alignment, order);
  write_text_atomically(folder / (item.name() + ".rawtlt"),
                        angle_lines(alignment, order, !by_imod(settings)), Survive::kill);
  run_program(item, settings, alignment, gpus, stop);
  Alignment part = alignment;
  part.tilts.clear();
  for (const std::size_t i : order) part.tilts.push_back(alignment.tilts[i]);
  import_alignment(part, item.name(), source_of(item, settings), 0.0);
  check_sense(part);
  take_over(std::move(part), order, settings.align.method.c_str(), alignment);
  read_logs(item, settings, alignment);
}

std::vector<std::pair<std::string, std::string>> external_columns(const AlignItem& item,
                                                                  const AlignSettings& settings) {
  std::vector<std::pair<std::string, std::string>> columns;
  const fs::path folder = work_folder(item, settings);
  const auto number = [](std::optional<double> value) { return star_number(value.value_or(0.0)); };
  if (!by_imod(settings)) {
    const fs::path log = log_file(item, settings);
    columns.emplace_back("rlnAreTomoTiltAxisScore",
                         number(fs::exists(log) ? aretomo_axis_score(read_text(log)) : 0.0));
    return columns;
  }
  const fs::path log = folder / "align.log";
  const ImodLog said = fs::exists(log)
                           ? parse_align_log(read_text(log), image_pixel_A(item.series) / 10.0)
                           : ImodLog{};
  columns.emplace_back("rlnEtomoDirectiveFile", (folder / (item.name() + ".edf")).string());
  columns.emplace_back("rlnIMODResidualErrorMean", number(said.residual_nm));
  columns.emplace_back("rlnIMODResidualErrorStddev", number(said.residual_sd_nm));
  columns.emplace_back("rlnIMODLeaveOutError", number(said.leave_out_nm));
  return columns;
}

}  // namespace gimbal::app
