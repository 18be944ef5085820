// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/alignment_import.h"

#include "alignment_samples.h"
#include "support/shared_data.h"
#include "support/working_folder.h"

#include "gimbal/data/alignment_aretomo.h"
#include "gimbal/data/alignment_imod.h"
#include "gimbal/data/alignment_star.h"
#include "gimbal/io/file.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gimbal {
namespace {

using Format = AlignmentSource::Format;

std::string error_of(const auto& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class AlignmentImport : public testing::Test {
 protected:
  // In the order of the nominal angles, as RELION's stacks.
  void write_imod(const Alignment& alignment, bool rawtlt = true) {
    std::vector<ImodTransform> xf;
    std::vector<double> tlt, xtilt, nominal;
    for (const std::size_t i : nominal_order(alignment)) {
      const ImodTilt row = imod_tilt(alignment.tilts[i].projection, alignment.size);
      xf.push_back(row.transform);
      tlt.push_back(row.tilt_deg);
      xtilt.push_back(row.x_tilt_deg);
      nominal.push_back(alignment.tilts[i].nominal_tilt_deg);
    }
    write_text_atomically("in/TS_01.xf", xf_text(xf));
    write_text_atomically("in/TS_01.tlt", angles_text(tlt));
    write_text_atomically("in/TS_01.xtilt", angles_text(xtilt));
    if (rawtlt) write_text_atomically("in/TS_01.rawtlt", angles_text(nominal));
  }
  static Alignment imported(const Alignment& truth, double source_pixel_A = 0.0) {
    Alignment alignment = test::without_projections(truth);
    import_alignment(alignment, "TS_01", find_alignment("in", "TS_01", true), source_pixel_A);
    return alignment;
  }
  static std::string failure(const Alignment& truth) {
    return error_of([&] { imported(truth); });
  }
  WorkingFolder folder_;
};

TEST_F(AlignmentImport, FilesAreFoundWhereProgramsLeaveThem) {
  for (const char* name : {"a/TS_1.xf", "b/TS_1/TS_1.aln", "c/external/TS_1/TS_1.xf",
                           "d/TS_1_Imod/TS_1_st.xf", "e/aligned_tilt_series.star", "f/other.aln"})
    write_text_atomically(name, "x");
  EXPECT_EQ(find_alignment("a", "TS_1", false).format, Format::imod);
  EXPECT_EQ(find_alignment("b", "TS_1", false).format, Format::aretomo);
  EXPECT_EQ(find_alignment("c", "TS_1", false).path, "c/external/TS_1/TS_1.xf");
  EXPECT_EQ(find_alignment("d", "TS_1", false).path, "d/TS_1_Imod/TS_1_st.xf");
  EXPECT_EQ(find_alignment("e", "TS_1", false).format, Format::star);
  EXPECT_EQ(find_alignment("f", "TS_1", true).path, "f/other.aln");
  EXPECT_EQ(find_alignment("f/other.aln", "TS_1", false).path, "f/other.aln");
  EXPECT_TRUE(holds(error_of([] { find_alignment("f", "TS_1", false); }), "TS_1.xf"));
  EXPECT_TRUE(holds(error_of([] { find_alignment("g", "TS_1", true); }), "neither"));
  write_text_atomically("f/x.txt", "");
  EXPECT_TRUE(holds(error_of([] { find_alignment("f/x.txt", "TS_1", true); }), ".aln (AreTomo)"));
}

TEST_F(AlignmentImport, ImodWithAndWithoutNominalAngles) {
  const Alignment truth = test::sample_alignment();
  for (const bool rawtlt : {true, false}) {
    std::filesystem::remove_all("in");
    write_imod(truth, rawtlt);
    const Alignment found = imported(truth);
    EXPECT_LT(test::distance_px(truth, found), 1e-8);
    EXPECT_TRUE(found.notes.empty());
    EXPECT_EQ(found.method, "import");
  }
}

TEST_F(AlignmentImport, ImodOfABinnedStack) {
  Alignment truth = test::sample_alignment(5, {1024, 768}), binned = truth;
  binned.size = {256, 192};
  for (auto& tilt : binned.tilts) {
    // The same place, seen from the corner of the image.
    const Vec2 seen = project(tilt.projection, {0, 0, 0}, truth.size) + Vec2{0.5, 0.5};
    tilt.projection.shift_px = 0.25 * seen - Vec2{0.5, 0.5} - image_centre(binned.size);
  }
  write_imod(binned);
  EXPECT_LT(test::distance_px(truth, imported(truth, 4 * truth.pixel_A)), 1e-7);
}

TEST_F(AlignmentImport, ImodWithTracks) {
  Alignment truth = test::sample_alignment();
  test::add_tracks(truth);
  write_imod(truth);
  const auto bytes = imod_model_bytes(imod_fiducials(truth, nominal_order(truth)));
  const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  write_text_atomically("in/TS_01.fid", text);
  const Alignment found = imported(truth);
  ASSERT_EQ(found.tracks.size(), truth.tracks.size());
  EXPECT_LT(found.residual_px, 1e-4);  // coordinates of models have single precision
  EXPECT_NEAR(length(found.tracks[2].point_px - truth.tracks[2].point_px), 0.0, 1e-3);
  // A damaged model does not cost the alignment.
  write_text_atomically("in/TS_01.fid", text.substr(0, text.size() / 2));
  const Alignment without = imported(truth);
  EXPECT_TRUE(without.tracks.empty());
  ASSERT_EQ(without.notes.size(), 1u);
  EXPECT_TRUE(holds(without.notes[0], "truncated"));
  EXPECT_LT(test::distance_px(truth, without), 1e-8);
}

TEST_F(AlignmentImport, TiltsThatTheSourceLacksAreExcluded) {
  const Alignment truth = test::sample_alignment();
  Alignment fewer = truth;
  for (auto& tilt : fewer.tilts) tilt.projection.y_tilt_deg += 9.0;
  fewer.tilts.erase(fewer.tilts.begin() + 4);
  write_imod(fewer);
  const Alignment found = imported(truth);
  EXPECT_NEAR(found.tilts[4].projection.y_tilt_deg, truth.tilts[4].nominal_tilt_deg + 9.0, 0.2);
  EXPECT_EQ(found.tilts[4].state, TiltState::excluded);
  EXPECT_TRUE(holds(found.tilts[4].reason, "in/TS_01.xf does not have it"));
  EXPECT_EQ(found.tilts[5].projection.y_tilt_deg,
            parse_angles(angles_text({fewer.tilts[4].projection.y_tilt_deg}), "x").at(0));
  // And rows of tilts that were taken out of the series since are left over.
  Alignment levelled = truth;
  for (auto& tilt : levelled.tilts) tilt.projection.y_tilt_deg += 9.0;
  write_imod(levelled);
  EXPECT_LT(test::distance_px(fewer, imported(fewer)), 1e-8);
}

TEST_F(AlignmentImport, WrongImodFilesAreRefused) {
  const Alignment truth = test::sample_alignment();
  write_imod(truth, false);
  Alignment fewer = truth;
  fewer.tilts.pop_back();
  EXPECT_TRUE(holds(failure(fewer), "in/TS_01.tlt has 11 rows, but the tilt series has 10 tilts"));
  Alignment other = truth;
  for (auto& tilt : other.tilts) tilt.nominal_tilt_deg *= 2.0;
  EXPECT_TRUE(holds(failure(other), "do not belong to this tilt series"));
  write_text_atomically("in/TS_01.tlt", "1\n2\n3\n");
  EXPECT_TRUE(holds(failure(truth), "in/TS_01.tlt has 3 rows, but in/TS_01.xf has 11"));
  std::filesystem::remove("in/TS_01.tlt");
  EXPECT_TRUE(holds(failure(truth), "in/TS_01.tlt is missing"));
}

TEST_F(AlignmentImport, LevelledAnglesAreTakenWithANote) {
  Alignment truth = test::sample_alignment();
  for (auto& tilt : truth.tilts) tilt.projection.y_tilt_deg += 9.02;
  write_imod(truth, false);
  const Alignment found = imported(truth);
  EXPECT_LT(test::distance_px(truth, found), 1e-8);
  ASSERT_EQ(found.notes.size(), 1u);
  EXPECT_TRUE(holds(found.notes[0], "9.0"));
}

TEST_F(AlignmentImport, AreTomoInAnyOrderOfSectionsFromZeroOrOne) {
  Alignment truth = test::sample_alignment();
  for (auto& tilt : truth.tilts) tilt.projection.x_tilt_deg = 0.0;
  truth.tilts[9].state = TiltState::excluded;
  std::vector<std::size_t> table(truth.tilts.size());
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = i;
  for (const auto& order : {table, nominal_order(truth)})
    for (const int first : {0, 1}) {
      auto aln = aretomo_alignment(truth, order);
      for (auto& row : aln.rows) row.section += first;
      write_text_atomically("in/TS_01.aln", aln_text(aln));
      const Alignment found = imported(truth);
      EXPECT_LT(test::distance_px(truth, found), 1e-8) << first;
      EXPECT_EQ(found.tilts[9].state, TiltState::excluded);
    }
}

// A dark first or last image leaves open where sections count from: the angles decide.
TEST_F(AlignmentImport, AreTomoWithADarkImageAtTheEnd) {
  Alignment truth = test::sample_alignment();
  for (auto& tilt : truth.tilts) tilt.projection.x_tilt_deg = 0.0;
  const auto order = nominal_order(truth);
  for (const std::size_t dark : {order.front(), order.back()})
    for (const int first : {0, 1})
      for (const double offset : {0.0, 3.0}) {
        Alignment one = truth;
        one.tilts[dark].state = TiltState::excluded;
        for (auto& tilt : one.tilts) tilt.projection.y_tilt_deg += offset;
        if (offset != 0.0) one.y_offset_deg = offset;
        auto aln = aretomo_alignment(one, order);
        for (auto& row : aln.rows) row.section += first;
        write_text_atomically("in/TS_01.aln", aln_text(aln));
        const auto error = error_of([&] {
          const Alignment found = imported(one);
          EXPECT_EQ(found.tilts[dark].state, TiltState::excluded);
          EXPECT_LT(test::distance_px(one, found), 1e-8);
        });
        // Levelled by exactly one step, both ways of counting fit: that must be said.
        if (!error.empty()) {
          EXPECT_TRUE(offset != 0.0 && holds(error, "two ways")) << error;
        }
      }
}

TEST_F(AlignmentImport, AreTomoOfOtherImagesIsRefused) {
  Alignment truth = test::sample_alignment();
  auto aln = aretomo_alignment(truth, nominal_order(truth));
  aln.nx = 4096, aln.ny = 4096;
  write_text_atomically("in/TS_01.aln", aln_text(aln));
  EXPECT_TRUE(holds(failure(truth), "4096 x 4096 px"));
  aln.nx = 2 * truth.size.nx, aln.ny = 2 * truth.size.ny;
  write_text_atomically("in/TS_01.aln", aln_text(aln));
  EXPECT_NEAR(imported(truth).tilts[3].projection.shift_px.y,
              0.5 * truth.tilts[3].projection.shift_px.y, 1e-8);
  aln.rows.resize(7);
  aln.n_sections = 7;
  write_text_atomically("in/TS_01.aln", aln_text(aln));
  EXPECT_TRUE(holds(failure(truth), "7 images"));
}

TEST_F(AlignmentImport, StarByNameWhateverTheOrder) {
  Alignment truth = test::sample_alignment();
  truth.tilts[3].state = TiltState::excluded;
  TiltSeriesSet set;
  set.series.push_back(test::sample_series(truth));
  set_alignment(set.series[0], truth, ExcludedTilts::keep);
  write_tilt_series("in/aligned_tilt_series.star", set);
  Alignment shuffled = truth;
  std::reverse(shuffled.tilts.begin(), shuffled.tilts.end());
  for (auto& tilt : shuffled.tilts) tilt.key = "elsewhere/" + tilt.key;  // found by the file's name
  const Alignment found = imported(shuffled);
  EXPECT_LT(test::distance_px(shuffled, found), 1e-8);
  EXPECT_EQ(found.tilts[7].state, TiltState::excluded);
  EXPECT_NEAR(found.tilts[0].standard_error.z_rot_deg, 0.003, 1e-9);
  for (auto& tilt : shuffled.tilts) tilt.key = "nothing.mrc";
  EXPECT_TRUE(holds(failure(shuffled), "no image of this tilt series"));
}

TEST_F(AlignmentImport, RealFiles) {
  const auto real = shared_data("real/alignments");
  if (real.empty()) GTEST_SKIP() << missing_shared_data("real/alignments");
  Alignment series;
  series.size = {3838, 3710};
  const auto nominal = read_angles(real / "imod/TS_001.rawtlt");
  for (const double angle : nominal) {
    series.tilts.emplace_back().nominal_tilt_deg = angle;
    series.tilts.back().key = fmt::format("{}.mrc", angle);
  }
  import_alignment(series, "TS_001", find_alignment(real / "imod", "TS_001", false), 0.0);
  EXPECT_NEAR(series.tilts[0].projection.z_rot_deg, 84.1406, 1e-3);
  EXPECT_EQ(series.tilts[0].projection.x_tilt_deg, -0.01);

  Alignment tomo;
  tomo.size = {5760, 4092};
  for (int i = 0; i < 41; ++i) {
    tomo.tilts.emplace_back().nominal_tilt_deg = -52.0 + 3 * i;
    tomo.tilts.back().key = fmt::format("{}.mrc", i);
  }
  for (const char* name : {"example_v1_2_0.aln", "example_v1_3_0.aln"}) {
    import_alignment(tomo, "x", find_alignment(real / "aretomo" / name, "x", false), 0.0);
    EXPECT_EQ(tomo.tilts[40].projection.y_tilt_deg, 68.0);
  }
  EXPECT_EQ(tomo.tilts[0].projection.shift_px.x, 157.142);
}

}  // namespace
}  // namespace gimbal
