// SPDX-License-Identifier: GPL-3.0-or-later
// Command lines and logs of MotionCor2, batchruntomo and AreTomo, against what RELION 5.0.1 gives
// them and what they print.
#include "gimbal/core/error.h"
#include "gimbal/io/aretomo_batch.h"
#include "gimbal/io/imod_batch.h"
#include "gimbal/io/motioncor.h"
#include "gimbal/io/process.h"

#include <gtest/gtest.h>

namespace gimbal {
namespace {

TEST(Motioncor, GetsTheCommandLineOfRelion) {
  MotioncorBatch batch;
  batch.movie = "frames/a.mrc";
  batch.output = "job/a.mrc";
  batch.pixel_A = 1.35;
  batch.patch_x = 5;
  batch.patch_y = 4;
  EXPECT_EQ(shell_line(motioncor_command("MotionCor2", batch)),
            "MotionCor2 -InMrc frames/a.mrc -OutMrc job/a.mrc -Bft 150 -PixSize 1.35 -Patch 5 4 "
            "-FmRef 0 -Gpu 0");
  batch.tiff = batch.split = batch.dose_weighting = true;
  batch.group = 3;
  batch.gain = "gain.mrc";
  batch.throw_first = 1;
  batch.throw_last = 2;
  batch.bin_factor = 2.0;
  batch.dose_per_frame_e_A2 = 0.3;
  batch.pre_exposure_e_A2 = 6.0;
  batch.defect_map = "bad.tif";
  batch.archive = "archive/";
  batch.gpu = "0 1";
  EXPECT_EQ(shell_line(motioncor_command("MotionCor2", batch)),
            "MotionCor2 -InTiff frames/a.mrc -OutMrc job/a.mrc -Bft 150 -PixSize 1.35 -Patch 5 4 "
            "-Group 3 -Gain gain.mrc -Throw 1 -FmRef 0 -Trunc 2 -FtBin 2 -Kv 300 -FmDose 0.3 "
            "-InitDose 6 -DefectMap bad.tif -SplitSum 1 -ArcDir archive/ -Gpu 0 1");
}

TEST(Motioncor, GetsFractionsOfEerMovies) {
  MotioncorBatch batch;
  batch.movie = "a.eer";
  batch.output = "a.mrc";
  batch.eer_fractions = "fractions.txt";
  batch.eer_sampling = 2;
  const auto line = shell_line(motioncor_command("MotionCor3", batch));
  EXPECT_NE(line.find("-InEer a.eer -OutMrc a.mrc -FmIntFile fractions.txt -EerSampling 2"),
            std::string::npos)
      << line;
  EXPECT_EQ(eer_fraction_text(8, 5, 0.02), "40 5 0.02\n");
}

TEST(Motioncor, BothLayoutsOfItsLogGiveTheShifts) {
  const std::string old_log =
      "Full-frame alignment shift\n"
      "...... Frame (  1) shift:    0.000   0.000\n"
      "...... Frame (  2) shift:   -0.513   0.155\n"
      "...... Frame (  3) shift:   -0.885  -0.274\n"
      "\nShift of patches\n...... Frame (  1) shift:    9.0 9.0\n";
  const std::string table =
      "Something before\n\n"
      "# Full frame motion\n"
      "Frame   x Shift   y Shift\n"
      "    1      0.00      0.00\n"
      "    2     -0.51      0.16\n"
      "    3     -0.89     -0.27\n"
      "\n"
      "Frame   x Shift   y Shift\n"
      "    1      9.00      9.00\n";
  const auto a = parse_motioncor_shifts(old_log, "log"), b = parse_motioncor_shifts(table, "log");
  ASSERT_EQ(a.size(), 3U);
  ASSERT_EQ(b.size(), 3U);
  EXPECT_DOUBLE_EQ(a[2].x, -0.885);
  EXPECT_DOUBLE_EQ(a[2].y, -0.274);
  EXPECT_DOUBLE_EQ(b[2].x, -0.89);
  EXPECT_DOUBLE_EQ(b[2].y, -0.27);
}

TEST(Motioncor, RubbishIsRefused) {
  EXPECT_THROW(parse_motioncor_shifts("", "log"), Error);
  EXPECT_THROW(parse_motioncor_shifts("Segmentation fault", "log"), Error);
  EXPECT_THROW(parse_motioncor_shifts("Full-frame alignment shift\n", "log"), Error);
  EXPECT_THROW(
      parse_motioncor_shifts("Full-frame alignment shift\n... Frame ( 1) shift: nan 0\n", "log"),
      Error);
  EXPECT_THROW(parse_motioncor_shifts("Frame x Shift y Shift\n 1 2\n", "log"), Error);
}

TEST(ImodBatch, DirectivesAreThoseOfRelion) {
  ImodBatch batch;
  batch.pixel_A = 1.35;
  batch.axis_deg = 85.0;
  const auto beads = imod_directives(batch, std::nullopt);
  for (const auto* line :
       {"setupset.copyarg.userawtlt = 1\n", "runtime.Fiducials.any.trackingMethod = 0\n",
        "comparam.prenewst.newstack.BinByFactor = 8\n",
        "comparam.autofidseed.autofidseed.TargetNumberOfBeads = 50\n",
        "comparam.align.tiltalign.RotOption = -1\n", "setupset.copyarg.rotation = 85\n",
        "setupset.copyarg.pixel = 0.135\n", "setupset.copyarg.gold = 10\n"})
    EXPECT_NE(beads.find(line), std::string::npos) << line << beads;
  EXPECT_EQ(beads.find("tiltxcorr"), std::string::npos);
  batch.patches = true;
  const auto patches = imod_directives(batch, std::nullopt);
  // 1.35 A binned by 8 is 10.8 A: 100 nm are 92.6 px; 300 nm are 2222 px, unbinned.
  for (const auto* line : {"runtime.Fiducials.any.trackingMethod = 1\n",
                           "comparam.prenewst.newstack.BinByFactor = 8\n",
                           "comparam.xcorr_pt.tiltxcorr.SizeOfPatchesXandY = 93,93\n",
                           "comparam.xcorr_pt.tiltxcorr.OverlapOfPatchesXandY = 0.5,0.5\n",
                           "comparam.xcorr_pt.tiltxcorr.LengthAndOverlap = 16,4\n",
                           "comparam.tilt.tilt.THICKNESS = 2222\n"})
    EXPECT_NE(patches.find(line), std::string::npos) << line << patches;
  EXPECT_EQ(patches.find("autofidseed"), std::string::npos);
}

TEST(ImodBatch, ATemplateReplacesRelionsLinesButNotTheSeriesOwn) {
  ImodBatch batch;
  batch.axis_deg = -12.0;
  const auto text = imod_directives(
      batch, "# mine\nsetupset.copyarg.rotation=99\ncomparam.align.tiltalign.TiltOption = 5\n\n");
  EXPECT_EQ(text.find("# mine\ncomparam.align.tiltalign.TiltOption = 5\n"), 0U) << text;
  EXPECT_EQ(text.find("99"), std::string::npos);
  EXPECT_EQ(text.find("SurfacesToAnalyze"), std::string::npos);
  EXPECT_NE(text.find("setupset.copyarg.rotation = -12\n"), std::string::npos);
}

TEST(ImodBatch, PatchesAreTrackedNearTenAngstrom) {
  EXPECT_EQ(imod_patch_binning(1.35), 8);
  EXPECT_EQ(imod_patch_binning(2.7), 4);
  EXPECT_EQ(imod_patch_binning(10.0), 1);
  EXPECT_EQ(imod_patch_binning(40.0), 1);
  EXPECT_EQ(imod_patch_binning(0.03), 256);
}

TEST(ImodBatch, AlignLogsOfAllVersionsAreRead) {
  const auto old_log = parse_align_log(
      " AngleOffset = 2.50\n Residual error mean and sd:     0.512    0.301\n", 0.135);
  EXPECT_DOUBLE_EQ(old_log.angle_offset_deg.value(), 2.5);
  EXPECT_NEAR(old_log.residual_nm.value(), 0.06912, 1e-9);
  EXPECT_NEAR(old_log.residual_sd_nm.value(), 0.040635, 1e-9);
  EXPECT_FALSE(old_log.leave_out_nm);
  const auto log = parse_align_log(
      " Residual error mean and sd:     0.512    0.301 nm\n"
      " Global leave-out error (123 pts):  0.622 nm\n",
      0.135);
  EXPECT_DOUBLE_EQ(log.residual_nm.value(), 0.512);
  EXPECT_DOUBLE_EQ(log.leave_out_nm.value(), 0.622);
  const auto robust = parse_align_log(" Global robust leave-out error (nm) mean:   0.7  \n", 0.135);
  EXPECT_DOUBLE_EQ(robust.leave_out_nm.value(), 0.7);
  const auto rubbish = parse_align_log("AngleOffset = x\nResidual error mean and sd:\n", 0.135);
  EXPECT_FALSE(rubbish.angle_offset_deg || rubbish.residual_nm || rubbish.leave_out_nm);
}

TEST(AretomoBatch, GetsTheCommandLineOfRelion) {
  AretomoBatch batch;
  batch.folder = "job/external/TS_01/aretomo";
  batch.name = "TS_01";
  batch.pixel_A = 1.35;
  batch.axis_deg = 85.0;
  batch.offset = AretomoBatch::Offset::none;
  EXPECT_EQ(shell_line(aretomo_command("AreTomo2", batch)),
            "AreTomo2 -InMrc job/external/TS_01/aretomo/TS_01.mrc -AngFile "
            "job/external/TS_01/aretomo/TS_01.rawtlt -OutMrc "
            "job/external/TS_01/aretomo/TS_01_aligned.mrc -ImgDose 0 -AlignZ 2222 -VolZ 0 "
            "-TiltAxis 85 1 -TiltCor -1 -Gpu 0");
  batch.offset = AretomoBatch::Offset::given;
  batch.offset_deg = -5.0;
  batch.patches = 4;
  batch.ctf = batch.phase_shift = true;
  batch.axis_deg.reset();
  batch.gpu = "0 1";
  const auto line = shell_line(aretomo_command("AreTomo2", batch));
  EXPECT_NE(line.find("-VolZ 0 -TiltCor 1 -5 -Kv 300 -Cs 2.7 -AmpContrast 0.1 -PixSize 1.35 "
                      "-ExtPhase 90 180 -Patch 4 4 -Gpu 0 1"),
            std::string::npos)
      << line;
}

TEST(AretomoBatch, VersionThreeHasOtherOptions) {
  EXPECT_EQ(aretomo_version("/opt/AreTomo2_1.1.3"), 2);
  EXPECT_EQ(aretomo_version("/opt/aretomo3-2.3/AreTomo3"), 3);
  EXPECT_EQ(aretomo_version("/opt/aretomo3/AreTomo2"), 2);
  AretomoBatch batch;
  batch.version = 3;
  batch.folder = "job/aretomo";
  batch.name = "TS_01";
  batch.pixel_A = 2.0;
  batch.axis_deg = 0.0;  // which AreTomo takes for "not known"
  batch.patches = 5;
  EXPECT_EQ(shell_line(aretomo_command("AreTomo3", batch)),
            "AreTomo3 -InPrefix job/aretomo/TS_01.mrc -OutDir job/aretomo/ -Cmd 1 -SplitSum 0 "
            "-PixSize 2 -AlignZ 1500 -VolZ 0 -TiltAxis 0.0001 1 -TiltCor 1 -kV 300 -Cs 2.7 "
            "-AmpContrast 0.1 -AtPatch 5 5 -Gpu 0");
}

TEST(AretomoBatch, TheBestScoreOfTheAxisCounts) {
  EXPECT_DOUBLE_EQ(aretomo_axis_score("Best tilt axis:   84, Score:   0.51234\n"
                                      "Best tilt axis:   85, Score:   0.61234\n"
                                      "Best tilt axis:   85, Score:   0.60000\n")
                       .value(),
                   0.61234);
  EXPECT_FALSE(aretomo_axis_score("Best tilt axis: 84, Score: rubbish"));
}

}  // namespace
}  // namespace gimbal
