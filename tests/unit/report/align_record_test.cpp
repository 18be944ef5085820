// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/error.h"
#include "gimbal/report/align_report.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace gimbal {
namespace {

SeriesAlignment sample() {
  SeriesAlignment series;
  series.name = "TS_\xff";
  series.problems = {"x.mrc is damaged"};
  Alignment& a = series.alignment;
  a.method = "fiducials";
  a.size = {1024, 768};
  a.pixel_A = 1.0 / 3.0;
  a.y_offset_deg = 0.1 + 0.2;
  a.verdict = Verdict::warn;
  a.notes = {"One sentence."};
  a.deformation = {50.0, 3.0, {}, {}, {1e-300, 2, 3, 4, 5, 6}};
  a.tilts.resize(2);
  a.tilts[1] = {"a/b.mrc", -3.0, 12.0, TiltState::excluded, "dark", {}, {}, 0.5, 0.25};
  a.tilts[1].projection = {0.1, -57.123456789012345, 85.3, {1.0 / 7.0, -0.0}, 1.0000001};
  a.tilts[1].standard_error.shift_px.x = std::nan("");
  a.tracks.push_back({{{1, {3.25, 4.5}, 0.1, 0.9, {0.01, -0.02}}}, {1, 2, 3}, {4, 5, 6}});
  series.pictures = {{{1, "\xFF\xD8 not text"}},
                     {1024, 768},
                     {"before", "x", "y", 5, 6, 7, 20.0},
                     {"after", "x", "y", 5, 6, 7, 20.0},
                     {1.0, 2.0, -0.5}};
  return series;
}

TEST(AlignRecord, ComesBackExactly) {
  const SeriesAlignment before = sample();
  const std::string text = align_record_to_json(before);
  const SeriesAlignment after = align_record_from_json(text);
  EXPECT_EQ(align_record_to_json(after), text);
  EXPECT_EQ(after.name, before.name);
  EXPECT_EQ(after.alignment.pixel_A, before.alignment.pixel_A);
  EXPECT_EQ(after.alignment.y_offset_deg, before.alignment.y_offset_deg);
  EXPECT_FALSE(after.alignment.x_offset_deg.has_value());
  EXPECT_EQ(after.alignment.tilts[1].projection.y_tilt_deg, -57.123456789012345);
  EXPECT_TRUE(std::isnan(after.alignment.tilts[1].standard_error.shift_px.x));
  EXPECT_EQ(after.alignment.tracks[0].observations[0].residual_px, (Vec2{0.01, -0.02}));
  EXPECT_EQ(after.alignment.deformation.z[0], 1e-300);
  ASSERT_EQ(after.pictures.tilts.size(), 1u);
  EXPECT_EQ(after.pictures.tilts[0].jpeg, before.pictures.tilts[0].jpeg);
  EXPECT_EQ(after.pictures.slices_at_px.z, -0.5);
  EXPECT_EQ(after.pictures.after.xz, before.pictures.after.xz);
}

TEST(AlignRecordHostile, OtherTextIsRefused) {
  const std::string good = align_record_to_json(sample());
  for (std::size_t n = 0; n + 2 < good.size(); n += 7)
    EXPECT_THROW(align_record_from_json(good.substr(0, n)), Error) << n;
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  EXPECT_THROW(align_record_from_json(with("\"tilt\":1", "\"tilt\":2")), Error);
  EXPECT_THROW(align_record_from_json(
                   with("\"tilts\":[{\"tilt\":1,\"jpeg", "\"tilts\":[{\"tilt\":7,\"jpeg")),
               Error);
  EXPECT_THROW(align_record_from_json(with("\"pictures\"", "\"picture\"")), Error);
  EXPECT_THROW(align_record_from_json(with("\"verdict\":1", "\"verdict\":3")), Error);
  EXPECT_THROW(align_record_from_json(with("\"pixel_A\"", "\"pixel\"")), Error);
  EXPECT_THROW(align_record_from_json(with("\"record_format\":2", "\"record_format\":3")), Error);
}

TEST(AlignSummary, HasEverySeriesWithItsStatus) {
  AlignJobReport report;
  report.version = "1.2";
  report.options = {{"method", "auto"}};
  report.series.push_back(sample());
  report.series.push_back({"TS_2", SeriesStatus::failed, "no images", {}, {}, {}});
  const auto json = nlohmann::json::parse(align_summary_json(report));
  EXPECT_EQ(json["done"], 1);
  EXPECT_EQ(json["failed"], 1);
  EXPECT_EQ(json["options"]["method"], "auto");
  EXPECT_EQ(json["series"][1]["reason"], "no images");
  EXPECT_FALSE(json["series"][1].contains("tilts"));
  const auto& tilt = json["series"][0]["tilts"][1];
  EXPECT_EQ(tilt["state"], "excluded");
  EXPECT_NEAR(tilt["projection"]["x_shift_A"].get<double>(), 1.0 / 21.0, 1e-15);
  EXPECT_TRUE(tilt["standard_error"]["x_shift_A"].is_null());
}

}  // namespace
}  // namespace gimbal
