// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/report/motion_record.h"

#include "example_report.h"

#include "gimbal/core/error.h"
#include "gimbal/core/random.h"

#include <gtest/gtest.h>

#include <cstring>

namespace gimbal {
namespace {

bool same_bits(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0;
}

void expect_same(const MovieReport& a, const MovieReport& b) {
  EXPECT_EQ(movie_record_to_json(a), movie_record_to_json(b));
  EXPECT_EQ(a.movie, b.movie);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.sum_jpeg, b.sum_jpeg);
  EXPECT_EQ(a.spectrum_jpeg, b.spectrum_jpeg);
  EXPECT_EQ(a.warnings, b.warnings);
  ASSERT_EQ(a.shift_x_A.size(), b.shift_x_A.size());
  for (std::size_t i = 0; i < a.shift_x_A.size(); ++i)
    EXPECT_TRUE(same_bits(a.shift_x_A[i], b.shift_x_A[i])) << a.shift_x_A[i];
  EXPECT_TRUE(same_bits(a.total_motion_A, b.total_motion_A));
  EXPECT_TRUE(same_bits(a.mean_counts_per_px, b.mean_counts_per_px));
}

TEST(MotionRecord, ComesBackExactly) {
  for (const auto& series : example_report({3, 41, 8, false, true}).series)
    for (auto movie : series.movies) {
      movie.sum_jpeg = std::string("\x00\xFF\x80<>\"", 6);
      expect_same(movie, movie_record_from_json(movie_record_to_json(movie)));
    }
}

TEST(MotionRecord, KeepsEveryNumberAndByte) {
  MovieReport movie;
  movie.movie = "frames/\xFF\xC0 \"quoted\"\n.tif";
  movie.reason = "日本 \xE2\x80\xAE";
  movie.warnings = {"", "\xF5", "fine"};
  movie.total_motion_A = -std::numeric_limits<double>::infinity();
  movie.mean_counts_per_px = 5e-324;
  movie.shift_x_A = {0.1, -0.0, 1e308, 1.0 / 3.0, std::numeric_limits<double>::infinity()};
  Random random(3);
  while (movie.shift_x_A.size() < 500) {
    const std::uint64_t bits = random.bits();
    double value = 0.0;
    std::memcpy(&value, &bits, sizeof value);
    if (value == value) movie.shift_x_A.push_back(value);
  }
  expect_same(movie, movie_record_from_json(movie_record_to_json(movie)));
}

TEST(MotionRecord, SaysWhatIsWrong) {
  const auto message = [](const std::string& text) -> std::string {
    try {
      movie_record_from_json(text);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  const auto good = movie_record_to_json(MovieReport{});
  const auto changed = [&](const std::string& from, const std::string& to) {
    auto text = good;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  EXPECT_EQ(message(good), "");
  EXPECT_NE(message("").find("not a JSON object"), std::string::npos);
  EXPECT_NE(message("[]").find("not a JSON object"), std::string::npos);
  EXPECT_NE(message(good.substr(0, good.size() / 2)).find("not a JSON object"), std::string::npos);
  EXPECT_NE(message(changed("\"hot_pixels\": 0", "\"hot_pixels\": 0.5")).find("'hot_pixels'"),
            std::string::npos);
  EXPECT_NE(message(changed("\"hot_pixels\"", "\"hot_pixel\"")).find("no member 'hot_pixels'"),
            std::string::npos);
  EXPECT_NE(message(changed("\"done\"", "\"fine\"")).find("'status'"), std::string::npos);
  EXPECT_NE(message(changed("\"sum_jpeg\": \"\"", "\"sum_jpeg\": \"!!!!\"")).find("'sum_jpeg'"),
            std::string::npos);
  EXPECT_NE(message(changed("\"record_format\": 1", "\"record_format\": 9")).find("format 9"),
            std::string::npos);
  EXPECT_NE(message(changed("\"warnings\": []", "\"warnings\": [1]")).find("'warnings'"),
            std::string::npos);
}

}  // namespace
}  // namespace gimbal
