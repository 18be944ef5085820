// SPDX-License-Identifier: GPL-3.0-or-later
// The vocabulary: every label that gimbal reads or writes, RELION's and its own, with its type,
// unit and meaning. Code uses these names, never the strings.
#pragma once

#include <span>
#include <string_view>

namespace gimbal {

namespace label {
// The table of tilt series (data_global).
inline constexpr std::string_view tomo_name = "rlnTomoName";
inline constexpr std::string_view tilt_series_file = "rlnTomoTiltSeriesStarFile";
inline constexpr std::string_view voltage = "rlnVoltage";
inline constexpr std::string_view spherical_aberration = "rlnSphericalAberration";
inline constexpr std::string_view amplitude_contrast = "rlnAmplitudeContrast";
inline constexpr std::string_view original_pixel = "rlnMicrographOriginalPixelSize";
inline constexpr std::string_view tilt_series_pixel = "rlnTomoTiltSeriesPixelSize";
inline constexpr std::string_view hand = "rlnTomoHand";
inline constexpr std::string_view optics_group = "rlnOpticsGroupName";
inline constexpr std::string_view mtf_file = "rlnMtfFileName";
// The tilts of a series.
inline constexpr std::string_view movie_name = "rlnMicrographMovieName";
inline constexpr std::string_view frame_count = "rlnTomoTiltMovieFrameCount";
inline constexpr std::string_view nominal_angle = "rlnTomoNominalStageTiltAngle";
inline constexpr std::string_view nominal_axis = "rlnTomoNominalTiltAxisAngle";
inline constexpr std::string_view pre_exposure = "rlnMicrographPreExposure";
inline constexpr std::string_view nominal_defocus = "rlnTomoNominalDefocus";
inline constexpr std::string_view micrograph_no_dw = "rlnMicrographNameNoDW";
inline constexpr std::string_view power_spectrum = "rlnCtfPowerSpectrum";
inline constexpr std::string_view micrograph_even = "rlnMicrographNameEven";
inline constexpr std::string_view micrograph_odd = "rlnMicrographNameOdd";
inline constexpr std::string_view micrograph_name = "rlnMicrographName";
inline constexpr std::string_view metadata = "rlnMicrographMetadata";
inline constexpr std::string_view motion_total = "rlnAccumMotionTotal";
inline constexpr std::string_view motion_early = "rlnAccumMotionEarly";
inline constexpr std::string_view motion_late = "rlnAccumMotionLate";
inline constexpr std::string_view x_tilt = "rlnTomoXTilt";
inline constexpr std::string_view y_tilt = "rlnTomoYTilt";
inline constexpr std::string_view z_rot = "rlnTomoZRot";
inline constexpr std::string_view x_shift = "rlnTomoXShiftAngst";
inline constexpr std::string_view y_shift = "rlnTomoYShiftAngst";
inline constexpr std::string_view defocus_u = "rlnDefocusU";
inline constexpr std::string_view defocus_v = "rlnDefocusV";
inline constexpr std::string_view defocus_angle = "rlnDefocusAngle";
inline constexpr std::string_view phase_shift = "rlnPhaseShift";
inline constexpr std::string_view ctf_scale = "rlnCtfScalefactor";
// The table of tomograms: that of tilt series, and
inline constexpr std::string_view tomogram_binning = "rlnTomoTomogramBinning";
inline constexpr std::string_view tomogram_size_x = "rlnTomoSizeX";
inline constexpr std::string_view tomogram_size_y = "rlnTomoSizeY";
inline constexpr std::string_view tomogram_size_z = "rlnTomoSizeZ";
inline constexpr std::string_view tomogram = "rlnTomoReconstructedTomogram";
inline constexpr std::string_view tomogram_half1 = "rlnTomoReconstructedTomogramHalf1";
inline constexpr std::string_view tomogram_half2 = "rlnTomoReconstructedTomogramHalf2";
// gimbal's own columns of aligned tilts.
inline constexpr std::string_view x_shift_error = "gimbalXShiftErrorAngst";
inline constexpr std::string_view y_shift_error = "gimbalYShiftErrorAngst";
inline constexpr std::string_view z_rot_error = "gimbalZRotError";
inline constexpr std::string_view x_tilt_error = "gimbalXTiltError";
inline constexpr std::string_view y_tilt_error = "gimbalYTiltError";
inline constexpr std::string_view magnification = "gimbalMagnification";
inline constexpr std::string_view magnification_error = "gimbalMagnificationError";
inline constexpr std::string_view alignment_score = "gimbalAlignmentScore";
inline constexpr std::string_view alignment_residual = "gimbalResidualAngst";
inline constexpr std::string_view tilt_state = "gimbalTiltState";
inline constexpr std::string_view tilt_reason = "gimbalTiltReason";
inline constexpr std::string_view tilt_number = "gimbalTiltNumber";
// gimbal's own columns of aligned series.
inline constexpr std::string_view alignment_method = "gimbalAlignmentMethod";
inline constexpr std::string_view alignment_verdict = "gimbalAlignmentVerdict";
inline constexpr std::string_view leave_out_error = "gimbalLeaveOutErrorAngst";
inline constexpr std::string_view thickness = "gimbalThicknessAngst";
inline constexpr std::string_view y_offset = "gimbalYTiltOffset";
inline constexpr std::string_view x_offset = "gimbalXTiltOffset";
// The block of the specimen's deformation.
inline constexpr std::string_view deformation_axis = "gimbalDeformationAxis";
inline constexpr std::string_view dose_scale = "gimbalDoseScale";
inline constexpr std::string_view reference_dose = "gimbalReferenceDose";
inline constexpr std::string_view coefficient_x = "gimbalCoefficientX";
inline constexpr std::string_view coefficient_y = "gimbalCoefficientY";
inline constexpr std::string_view coefficient_xx = "gimbalCoefficientXX";
inline constexpr std::string_view coefficient_xy = "gimbalCoefficientXY";
inline constexpr std::string_view coefficient_yy = "gimbalCoefficientYY";
inline constexpr std::string_view coefficient_z = "gimbalCoefficientZ";
// The STAR file of one movie.
inline constexpr std::string_view image_size_x = "rlnImageSizeX";
inline constexpr std::string_view image_size_y = "rlnImageSizeY";
inline constexpr std::string_view image_size_z = "rlnImageSizeZ";
inline constexpr std::string_view gain_name = "rlnMicrographGainName";
inline constexpr std::string_view defect_file = "rlnMicrographDefectFile";
inline constexpr std::string_view binning = "rlnMicrographBinning";
inline constexpr std::string_view dose_rate = "rlnMicrographDoseRate";
inline constexpr std::string_view start_frame = "rlnMicrographStartFrame";
inline constexpr std::string_view eer_upsampling = "rlnEERUpsampling";
inline constexpr std::string_view eer_grouping = "rlnEERGrouping";
inline constexpr std::string_view motion_model_version = "rlnMotionModelVersion";
inline constexpr std::string_view frame_number = "rlnMicrographFrameNumber";
inline constexpr std::string_view shift_x = "rlnMicrographShiftX";
inline constexpr std::string_view shift_y = "rlnMicrographShiftY";
inline constexpr std::string_view model_index = "rlnMotionModelCoeffsIdx";
inline constexpr std::string_view model_coefficient = "rlnMotionModelCoeff";
inline constexpr std::string_view coordinate_x = "rlnCoordinateX";
inline constexpr std::string_view coordinate_y = "rlnCoordinateY";
}  // namespace label

enum class LabelType { text, integer, real };

struct LabelInfo {
  std::string_view name;
  LabelType type;
  std::string_view unit;  // empty for pure numbers and text
  std::string_view meaning;
};

std::span<const LabelInfo> all_labels();
// Nothing for labels that gimbal only carries through.
const LabelInfo* find_label(std::string_view name);

}  // namespace gimbal
