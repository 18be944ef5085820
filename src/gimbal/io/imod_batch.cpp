// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/io/imod_batch.h"

#include "gimbal/core/text.h"

#include <fmt/format.h>

#include <cmath>

namespace gimbal {
namespace {

// One "key = value" line for each; the block that both ways of tracking have.
constexpr const char* common_lines =
    "setupset.copyarg.userawtlt = 1\n"
    "setupset.copyarg.stackext = mrc\n"
    "setupset.copyarg.dual = 0\n"
    "runtime.Positioning.any.wholeTomogram = 1\n"
    "runtime.Fiducials.any.seedingMethod = 3\n"
    "runtime.Excludeviews.any.deleteOldFiles = 0\n"
    "runtime.AlignedStack.any.binByFactor = 8\n"
    "comparam.prenewst.newstack.AntialiasFilter = -1\n"
    "comparam.track.beadtrack.SobelFilterCentering = 1\n"
    "comparam.track.beadtrack.ScalableSigmaForSobel = 0.12\n"
    "comparam.newst.newstack.TaperAtFill = 1,1\n"
    "comparam.newst.newstack.AntialiasFilter = -1\n"
    "comparam.golderaser.ccderaser.ExpandCircleIterations = 3\n"
    "comparam.eraser.ccderaser.PeakCriterion = 8.0\n"
    "comparam.eraser.ccderaser.DiffCriterion = 6.0\n"
    "comparam.align.tiltalign.TiltOption = 0\n"
    "comparam.align.tiltalign.SurfacesToAnalyze = 1\n"
    "comparam.align.tiltalign.RotOption = -1\n"
    "comparam.align.tiltalign.MagOption = 0\n"
    "comparam.align.tiltalign.BeamTiltOption = 2\n";

constexpr const char* fiducial_lines =
    "runtime.Fiducials.any.trackingMethod = 0\n"
    "comparam.prenewst.newstack.BinByFactor = 8\n"
    "comparam.autofidseed.autofidseed.TargetNumberOfBeads = 50\n";

constexpr const char* patch_lines =
    "runtime.Fiducials.any.trackingMethod = 1\n"
    "runtime.PatchTracking.any.adjustTiltAngles = 0\n"
    "comparam.xcorr_pt.tiltxcorr.ShiftLimitsXandY = 200,200\n"
    "comparam.xcorr_pt.tiltxcorr.LengthAndOverlap = 16,4\n"
    "comparam.xcorr_pt.tiltxcorr.IterateCorrelations = 20\n"
    "comparam.xcorr_pt.tiltxcorr.FilterSigma2 = 0.03\n"
    "comparam.xcorr_pt.tiltxcorr.FilterRadius2 = 0.125\n";

// What the series and the options decide, whatever a template says.
std::string own_lines(const ImodBatch& batch) {
  std::string text = fmt::format(
      "setupset.copyarg.rotation = {:g}\nsetupset.copyarg.pixel = {:g}\n"
      "setupset.copyarg.gold = {:g}\n",  // patches need it, too, or the set-up stops
      batch.axis_deg, batch.pixel_A / 10.0, batch.gold_nm);
  if (!batch.patches) return text;
  const int binning = imod_patch_binning(batch.pixel_A);
  const auto side = std::lround(10.0 * batch.patch_nm / (batch.pixel_A * binning));
  const double overlap = batch.patch_overlap / 100.0;
  // RELION writes A, but IMOD takes it for unbinned px.
  const auto thickness = std::lround(10.0 * batch.thickness_nm / batch.pixel_A);
  return text + fmt::format(
                    "comparam.prenewst.newstack.BinByFactor = {}\n"
                    "comparam.xcorr_pt.tiltxcorr.SizeOfPatchesXandY = {},{}\n"
                    "comparam.xcorr_pt.tiltxcorr.OverlapOfPatchesXandY = {:g},{:g}\n"
                    "comparam.tilt.tilt.THICKNESS = {}\n",
                    binning, side, side, overlap, overlap, thickness);
}

std::string_view key_of(std::string_view line) {
  return trim(line.substr(0, line.find('=')));
}

// The template's lines but those of which there are own ones.
std::string without(const std::string& lines, const std::string& own) {
  std::string text;
  for (const auto line : split(lines, '\n')) {
    bool is_own = trim(line).empty();
    for (const auto other : split(own, '\n'))
      if (!trim(other).empty() && key_of(line) == key_of(other)) is_own = true;
    if (!is_own) text += std::string(line) + '\n';
  }
  return text;
}

std::optional<double> number_after(std::string_view line, std::string_view words,
                                   std::size_t which = 0) {
  const auto at = line.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  const auto rest = split_words(line.substr(at + words.size()));
  return which < rest.size() ? parse_double(rest[which]) : std::nullopt;
}

}  // namespace

int imod_patch_binning(double pixel_A) {
  constexpr double wanted_A = 10.0;
  int best = 1;
  for (int binning = 1; binning <= 256; binning *= 2)
    if (std::abs(pixel_A * binning - wanted_A) < std::abs(pixel_A * best - wanted_A))
      best = binning;
  return best;
}

std::string imod_directives(const ImodBatch& batch, const std::optional<std::string>& lines) {
  const std::string own = own_lines(batch);
  if (lines) return without(*lines, own) + own;
  return std::string(common_lines) + (batch.patches ? patch_lines : fiducial_lines) + own;
}

std::vector<std::string> imod_command(const std::string& program,
                                      const std::filesystem::path& folder,
                                      const std::string& name) {
  return {program,
          "-DirectiveFile",
          (folder / "batchDirective.adoc").string(),
          "-CurrentLocation",
          folder.string(),
          "-RootName",
          name,
          "-EndingStep",
          "6"};
}

ImodLog parse_align_log(const std::string& text, double pixel_nm) {
  ImodLog log;
  for (const auto line : split(text, '\n')) {
    if (const auto offset = number_after(line, "AngleOffset ="); offset)
      log.angle_offset_deg = offset;
    if (const auto mean = number_after(line, "Residual error mean and sd:"); mean) {
      const double unit = line.find("nm") != std::string_view::npos ? 1.0 : pixel_nm;
      log.residual_nm = *mean * unit;
      if (const auto sd = number_after(line, "Residual error mean and sd:", 1))
        log.residual_sd_nm = *sd * unit;
    }
    // "Global leave-out error (N pts): x nm", "Global robust leave-out error ... mean: x".
    if (line.find("Global") != std::string_view::npos)
      if (const auto at = line.find("leave-out error"); at != std::string_view::npos)
        if (const auto colon = line.find(':', at); colon != std::string_view::npos)
          if (const auto value = number_after(line.substr(colon), ":")) log.leave_out_nm = *value;
  }
  return log;
}

}  // namespace gimbal
