// SPDX-License-Identifier: GPL-3.0-or-later
#include "align_series.h"

#include "align_external.h"
#include "completion.h"

#include "gimbal/core/parallel.h"
#include "gimbal/data/alignment_aretomo.h"
#include "gimbal/data/alignment_imod.h"
#include "gimbal/data/alignment_import.h"
#include "gimbal/data/alignment_rigid.h"
#include "gimbal/data/labels.h"
#include "gimbal/io/file.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/report/align_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

// Sizes of all images, and why some have none.
struct ImageFacts {
  std::vector<Size2> sizes;
  std::vector<std::string> problems;
};

ImageFacts image_facts(const AlignItem& item) {
  const std::size_t n = item.images.size();
  ImageFacts facts{std::vector<Size2>(n), std::vector<std::string>(n)};
  parallel_for(static_cast<int>(n), [&](int index) {
    const auto i = static_cast<std::size_t>(index);
    const auto& image = item.images[i];
    try {
      if (image.path.empty()) fail("{} names no image", item.series.tilts[i].where);
      const StackInfo info = open_frames(image.path)->info();
      if (image.section >= info.n_frames)
        fail("{} has {} images, but number {} was asked for", image.path.string(), info.n_frames,
             image.section + 1);
      facts.sizes[i] = {info.nx, info.ny};
    } catch (const Error& error) {
      facts.problems[i] = error.what();
    }
  });
  return facts;
}

// The commonest size; images of other sizes become problems.
Size2 common_size(ImageFacts& facts) {
  Size2 best;
  std::ptrdiff_t most = 0;
  for (std::size_t i = 0; i < facts.sizes.size(); ++i) {
    if (!facts.problems[i].empty()) continue;
    const auto same = std::count(facts.sizes.begin(), facts.sizes.end(), facts.sizes[i]);
    if (same > most) best = facts.sizes[i], most = same;
  }
  if (most == 0)
    fail("none of the {} images can be read; the first one: {}", facts.problems.size(),
         facts.problems.front());
  for (std::size_t i = 0; i < facts.sizes.size(); ++i)
    if (facts.problems[i].empty() && facts.sizes[i] != best)
      facts.problems[i] = fmt::format("it has {} x {} px, but the other images have {} x {}",
                                      facts.sizes[i].nx, facts.sizes[i].ny, best.nx, best.ny);
  return best;
}

void exclude_unreadable(Alignment& alignment, const std::vector<std::string>& problems,
                        SeriesAlignment& result) {
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (problems[i].empty()) continue;
    AlignedTilt& tilt = alignment.tilts[i];
    tilt.state = TiltState::excluded;
    tilt.reason = problems[i];
    result.problems.push_back(fmt::format("{}: {}", tilt.key, problems[i]));
  }
}

Alignment taken_over(const AlignItem& item, Size2 size, const std::string& from,
                     const AlignSettings& settings) {
  Alignment alignment = unaligned(item, size);
  import_alignment(alignment, item.name(), find_alignment(from, item.name(), item.only_one),
                   settings.from_angpix);
  return alignment;
}

tilt::Stack stack_of(const AlignItem& item, const AlignSettings& settings, int binning) {
  tilt::Stack stack;
  stack.full_pixel_A = image_pixel_A(item.series);
  const auto& global = item.series.global;
  stack.voltage_kV = global.optional_number(label::voltage).value_or(stack.voltage_kV);
  stack.cs_mm = global.optional_number(label::spherical_aberration).value_or(stack.cs_mm);
  stack.amplitude_contrast =
      global.optional_number(label::amplitude_contrast).value_or(stack.amplitude_contrast);
  const auto axis = item.series.tilts.front().optional_number(label::nominal_axis);
  stack.axis_known = axis.has_value();
  stack.nominal_axis_deg = axis.value_or(0.0);
  set_axis(stack, settings.align);
  const bool has_doses =
      std::all_of(item.series.tilts.begin(), item.series.tilts.end(),
                  [](const Tilt& tilt) { return tilt.has(label::pre_exposure); });
  const auto doses = has_doses ? item.series.tilt_doses_e_A2()
                               : std::vector<double>(item.series.tilts.size(), 0.0);
  for (std::size_t i = 0; i < item.images.size(); ++i) {
    const Tilt& row = item.series.tilts[i];
    tilt::StackTilt& tilt = stack.tilts.emplace_back();
    tilt.key = row.key();
    tilt.nominal_tilt_deg = row.nominal_angle_deg();
    tilt.pre_exposure_e_A2 = row.optional_number(label::pre_exposure).value_or(0.0);
    tilt.dose_e_A2 = doses[i];
  }
  load_images(stack, item.images, binning);
  return stack;
}

// The pictures of an alignment that did not need the images: small ones will do.
void add_pictures(AlignItem& item, Size2 size, const AlignSettings& settings,
                  const Alignment& alignment) {
  constexpr int enough_px = 600;
  const int binning = std::max(1, std::max(size.nx, size.ny) / enough_px);
  item.result.pictures = align_pictures(stack_of(item, settings, binning), alignment);
}

Alignment found(AlignItem& item, Size2 size, const AlignSettings& settings,
                std::vector<std::string>& problems) {
  std::optional<Alignment> start;
  if (!settings.start_from.empty()) start = taken_over(item, size, settings.start_from, settings);
  const tilt::Stack stack =
      stack_of(item, settings, tilt::working_binning(image_pixel_A(item.series)));
  for (std::size_t i = 0; i < problems.size(); ++i)
    if (problems[i].empty()) problems[i] = stack.tilts[i].problem;
  Alignment alignment = tilt::align(stack, settings.align, start ? &*start : nullptr);
  item.result.pictures = align_pictures(stack, alignment);
  return alignment;
}

// By IMOD or AreTomo; scored as gimbal's own.
Alignment found_elsewhere(AlignItem& item, Size2 size, const AlignWork& work,
                          std::vector<std::string>& problems) {
  const AlignSettings& settings = work.settings;
  Alignment alignment = unaligned(item, size);
  align_elsewhere(item, settings, problems, work.gpus, work.stop, alignment);
  const tilt::Stack stack =
      stack_of(item, settings, tilt::working_binning(image_pixel_A(item.series)));
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (problems[i].empty()) problems[i] = stack.tilts[i].problem;
    if (!problems[i].empty()) alignment.tilts[i].state = TiltState::excluded;
  }
  tilt::assess(stack, alignment);
  item.result.pictures = align_pictures(stack, alignment);
  return alignment;
}

std::string as_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Writes, and remembers how large each file is.
class Outputs {
 public:
  void write(const fs::path& path, const std::string& text) {
    write_text_atomically(path, text, Survive::kill);
    bytes_[path.filename().string()] = text.size();
  }
  const std::map<std::string, std::uintmax_t>& bytes() const { return bytes_; }

 private:
  std::map<std::string, std::uintmax_t> bytes_;
};

}  // namespace

void align_item(AlignItem& item, const AlignWork& work) {
  const AlignSettings& settings = work.settings;
  ImageFacts facts = image_facts(item);
  const Size2 size = common_size(facts);
  Alignment alignment = settings.imports() ? taken_over(item, size, settings.from, settings)
                        : settings.runs_program()
                            ? found_elsewhere(item, size, work, facts.problems)
                            : found(item, size, settings, facts.problems);
  exclude_unreadable(alignment, facts.problems, item.result);
  const auto is_used = [](const AlignedTilt& tilt) { return tilt.state == TiltState::used; };
  if (std::none_of(alignment.tilts.begin(), alignment.tilts.end(), is_used))
    fail("no tilt could be aligned; the first one: {}", alignment.tilts.front().reason);
  if (settings.imports()) add_pictures(item, size, settings, alignment);
  item.result.alignment = std::move(alignment);
  item.result.status = SeriesStatus::done;
}

void write_item(const AlignItem& item) {
  const Alignment& alignment = item.result.alignment;
  // IMOD and AreTomo know of no deformation.
  const Alignment rigid = rigid_alignment(alignment);
  const auto order = nominal_order(alignment);
  std::vector<ImodTransform> transforms;
  std::vector<double> tilt, x_tilt, nominal;
  for (const std::size_t i : order) {
    const ImodTilt row = imod_tilt(rigid.tilts[i].projection, alignment.size);
    transforms.push_back(row.transform);
    tilt.push_back(row.tilt_deg);
    x_tilt.push_back(row.x_tilt_deg);
    nominal.push_back(alignment.tilts[i].nominal_tilt_deg);
  }
  Outputs outputs;
  outputs.write(item.file(".xf"), xf_text(transforms));
  outputs.write(item.file(".tlt"), angles_text(tilt));
  outputs.write(item.file(".xtilt"), angles_text(x_tilt));
  outputs.write(item.file(".rawtlt"), angles_text(nominal));
  outputs.write(item.file(".aln"), aln_text(aretomo_alignment(rigid, order)));
  if (!alignment.tracks.empty()) {
    outputs.write(item.file(".fid"), as_text(imod_model_bytes(imod_fiducials(alignment, order))));
    outputs.write(item.file(".resid"), residuals_text(imod_residuals(alignment, order)));
  }
  write_completion(item.record(),
                   {item.fingerprint, outputs.bytes(), align_record_to_json(item.result)});
}

void remove_outputs(const AlignItem& item) {
  fs::remove(item.record());  // first: without it nothing counts as complete
  for (const auto& file : item.outputs()) fs::remove(file);
}

}  // namespace gimbal::app
