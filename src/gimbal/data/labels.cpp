// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/labels.h"

#include <algorithm>
#include <array>

namespace gimbal {
namespace {

using enum LabelType;

constexpr auto table = std::to_array<LabelInfo>({
    {label::tomo_name, text, "", "name of the tilt series; also of its block and files"},
    {label::tilt_series_file, text, "", "STAR file with the tilts of the series"},
    {label::voltage, real, "kV", "acceleration voltage"},
    {label::spherical_aberration, real, "mm", "spherical aberration"},
    {label::amplitude_contrast, real, "", "fraction of amplitude contrast"},
    {label::original_pixel, real, "A", "pixel size of the movies"},
    {label::tilt_series_pixel, real, "A", "pixel size of the motion-corrected images"},
    {label::hand, real, "", "-1 or 1: sign of the defocus gradient along z"},
    {label::optics_group, text, "", "name of the optics group"},
    {label::mtf_file, text, "", "modulation transfer function of the detector"},
    {label::movie_name, text, "", "raw movie of the tilt"},
    {label::frame_count, integer, "", "frames of the movie"},
    {label::nominal_angle, real, "deg", "tilt angle of the stage"},
    {label::nominal_axis, real, "deg", "tilt axis from +Y, counter-clockwise"},
    {label::pre_exposure, real, "e/A^2", "dose before this tilt"},
    {label::nominal_defocus, real, "um", "target defocus; negative is underfocus"},
    {label::micrograph_no_dw, text, "", "sum of the frames without dose weights"},
    {label::power_spectrum, text, "", "power spectrum for CTF estimation"},
    {label::micrograph_even, text, "", "sum of frames 1, 3, 5, ..."},
    {label::micrograph_odd, text, "", "sum of frames 2, 4, 6, ..."},
    {label::micrograph_name, text, "", "motion-corrected sum"},
    {label::metadata, text, "", "STAR file with the motion of the movie"},
    {label::motion_total, real, "A", "path length of the motion"},
    {label::motion_early, real, "A", "path length during the first 4 e/A^2"},
    {label::motion_late, real, "A", "path length after the first 4 e/A^2"},
    {label::x_tilt, real, "deg", "rotation of the specimen around X"},
    {label::y_tilt, real, "deg", "rotation of the specimen around Y: the refined tilt"},
    {label::z_rot, real, "deg", "refined tilt axis from +Y, counter-clockwise"},
    {label::x_shift, real, "A", "shift of the projection along X"},
    {label::y_shift, real, "A", "shift of the projection along Y"},
    {label::defocus_u, real, "A", "defocus along the axis of astigmatism, positive: underfocus"},
    {label::defocus_v, real, "A", "defocus across it"},
    {label::defocus_angle, real, "deg", "axis of astigmatism, from +X"},
    {label::phase_shift, real, "deg", "of a phase plate"},
    {label::ctf_scale, real, "", "cosine of the tilt angle"},
    {label::tomogram_binning, real, "", "pixels of the images in one voxel"},
    {label::tomogram_size_x, integer, "px", "width of the tomogram, in pixels of the images"},
    {label::tomogram_size_y, integer, "px", "height of the tomogram, in pixels of the images"},
    {label::tomogram_size_z, integer, "px", "depth of the tomogram, in pixels of the images"},
    {label::tomogram, text, "", "the tomogram"},
    {label::tomogram_half1, text, "", "tomogram from the even sums of frames"},
    {label::tomogram_half2, text, "", "tomogram from the odd sums of frames"},
    {label::x_shift_error, real, "A", "standard error of the shift along X"},
    {label::y_shift_error, real, "A", "standard error of the shift along Y"},
    {label::z_rot_error, real, "deg", "standard error of rlnTomoZRot"},
    {label::x_tilt_error, real, "deg", "standard error of rlnTomoXTilt"},
    {label::y_tilt_error, real, "deg", "standard error of rlnTomoYTilt"},
    {label::magnification, real, "", "size of the specimen in this image, 1 is nominal"},
    {label::magnification_error, real, "", "standard error of the magnification"},
    {label::alignment_score, real, "", "agreement with the prediction from the others, 0 to 1"},
    {label::alignment_residual, real, "A", "rms distance of measured and predicted positions"},
    {label::tilt_state, text, "", "used or excluded"},
    {label::tilt_reason, text, "", "why the tilt is excluded or doubted"},
    {label::tilt_number, integer, "", "place of an excluded tilt in its series, from 1"},
    {label::alignment_method, text, "", "fiducials, patches, projection or import"},
    {label::alignment_verdict, text, "", "pass, warn or fail"},
    {label::leave_out_error, real, "A", "rms residual of what the solution did not see"},
    {label::thickness, real, "A", "thickness of the specimen; 0: not known"},
    {label::y_offset, real, "deg", "levelling about Y that the tilt angles carry"},
    {label::x_offset, real, "deg", "levelling about X that the angles carry"},
    {label::deformation_axis, text, "", "x, y or z: what the coefficients move"},
    {label::dose_scale, real, "e/A^2", "dose over which the deformation builds up"},
    {label::reference_dose, real, "e/A^2", "dose at which there is no deformation"},
    {label::coefficient_x, real, "", "of x"},
    {label::coefficient_y, real, "", "of y"},
    {label::coefficient_xx, real, "1/A", "of x squared"},
    {label::coefficient_xy, real, "1/A", "of x y"},
    {label::coefficient_yy, real, "1/A", "of y squared"},
    {label::coefficient_z, real, "", "of z"},
    {label::image_size_x, integer, "px", "width of the unbinned frames"},
    {label::image_size_y, integer, "px", "height of the unbinned frames"},
    {label::image_size_z, integer, "", "frames; EER: fractions"},
    {label::gain_name, text, "", "gain reference"},
    {label::defect_file, text, "", "defect file"},
    {label::binning, real, "", "binning factor of the sums"},
    {label::dose_rate, real, "e/A^2", "dose per frame"},
    {label::start_frame, integer, "", "first used frame, from 1"},
    {label::eer_upsampling, integer, "", "1: 4K, 2: 8K"},
    {label::eer_grouping, integer, "", "raw frames per fraction"},
    {label::motion_model_version, integer, "", "0: global shifts only; 1: third-order polynomial"},
    {label::frame_number, integer, "", "frame, from 1"},
    {label::shift_x, real, "px", "shift applied to the frame along x, unbinned"},
    {label::shift_y, real, "px", "shift applied to the frame along y, unbinned"},
    {label::model_index, integer, "", "0-17: x, 18-35: y"},
    {label::model_coefficient, real, "px", "coefficient of the local motion model"},
    {label::coordinate_x, real, "px", "position along x, unbinned, from 0"},
    {label::coordinate_y, real, "px", "position along y, unbinned, from 0"},
});

}  // namespace

std::span<const LabelInfo> all_labels() {
  return table;
}

const LabelInfo* find_label(std::string_view name) {
  const auto* found = std::find_if(table.begin(), table.end(),
                                   [&](const LabelInfo& info) { return info.name == name; });
  return found == table.end() ? nullptr : found;
}

}  // namespace gimbal
