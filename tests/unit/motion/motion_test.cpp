// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/motion/motion.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/random.h"
#include "gimbal/data/radiation_damage.h"
#include "gimbal/motion/dose_weights.h"
#include "gimbal/motion/fourier_sums.h"
#include "gimbal/motion/local_model.h"
#include "gimbal/motion/power_spectrum.h"
#include "gimbal/motion/trajectory.h"
#include "gimbal/sim/movie.h"

#include <gtest/gtest.h>

#include <cmath>

namespace gimbal {
namespace {

Image<float> noise_image(int nx, int ny, std::uint64_t seed) {
  Image<float> image(nx, ny);
  Random random(seed);
  for (int y = 0; y < ny; ++y)
    for (int x = 0; x < nx; ++x) image(x, y) = static_cast<float>(5.0 + random.normal());
  return image;
}

FourierSums::RowSource rows_of(const Image<float>& image) {
  return [&image](int first_y, View<float> rows) {
    for (int y = 0; y < rows.ny(); ++y)
      std::copy_n(image.row(first_y + y), image.nx(), rows.row(y));
  };
}

// Whole-pixel shifts of odd and even sizes: the sums are exact, frames wrap around.
TEST(FourierSums, ShiftsAndSplitsExactly) {
  for (const Size2 size : {Size2{16, 12}, Size2{15, 21}, Size2{62, 31}}) {
    const auto a = noise_image(size.nx, size.ny, 1), b = noise_image(size.nx, size.ny, 2);
    SumRequest request;
    request.frame = request.output = size;
    request.split = true;
    FourierSums sums(request);
    sums.add(rows_of(a), {2.0, -3.0});
    sums.add(rows_of(b), {0.0, 1.0});
    const auto even = sums.take_even(), odd = sums.take_odd();
    for (int y = 0; y < size.ny; ++y)
      for (int x = 0; x < size.nx; ++x) {
        ASSERT_NEAR(even((x + 2) % size.nx, (y + size.ny - 3) % size.ny), a(x, y), 2e-5F);
        ASSERT_NEAR(odd(x, (y + 1) % size.ny), b(x, y), 2e-5F);
      }
  }
}

// 124 = 4 * 31 is continued to 126: inside, sums are as exact; nothing wraps around by two pixels.
TEST(FourierSums, AwkwardSidesAreContinued) {
  const auto image = noise_image(124, 20, 3);
  SumRequest request;
  request.frame = request.output = image.size();
  FourierSums sums(request);
  EXPECT_EQ(sums.spectrum_size(), (Size2{126, 20}));
  sums.add(rows_of(image), {1.0, -2.0});
  const auto sum = sums.take_plain();
  for (int y = 0; y < 18; ++y) {
    ASSERT_NEAR(sum(0, y), image(0, y + 2), 2e-5F);  // the edge goes on
    for (int x = 1; x < 124; ++x) ASSERT_NEAR(sum(x, y), image(x - 1, y + 2), 2e-5F);
  }
}

TEST(FourierSums, BinningKeepsTheMeanAndSlowWaves) {
  Image<float> image(48, 36);
  for (int y = 0; y < 36; ++y)
    for (int x = 0; x < 48; ++x)
      image(x, y) = static_cast<float>(3.0 + std::cos(2.0 * 3.14159265 * 2 * x / 48));
  for (const Size2 output : {Size2{24, 18}, Size2{19, 15}}) {
    SumRequest request;
    request.frame = {48, 36};
    request.output = output;
    FourierSums sums(request);
    sums.add(rows_of(image), {});
    const auto binned = sums.take_plain();
    for (int y = 0; y < output.ny; ++y)
      for (int x = 0; x < output.nx; ++x)
        ASSERT_NEAR(binned(x, y), 3.0 + std::cos(2.0 * 3.14159265 * 2 * x / output.nx), 1e-5);
  }
}

TEST(FourierSums, SpectraAreOfAlignedGroups) {
  const auto image = noise_image(32, 32, 4);
  Image<float> moved(32, 32);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x) moved((x + 5) % 32, y) = image(x, y);
  SumRequest request;
  request.frame = request.output = {32, 32};
  request.spectrum_group = 2;
  FourierSums sums(request);
  sums.add(rows_of(image), {});
  sums.add(rows_of(moved), {-5.0, 0.0});
  sums.add(rows_of(image), {});  // a short last group
  SumRequest single = request;
  single.spectrum_group = 1;
  FourierSums one(single);
  one.add(rows_of(image), {});
  const auto three = sums.take_amplitudes(), expected = one.take_amplitudes();
  for (int kx = 0; kx <= 16; ++kx)
    for (int ky = 0; ky < 32; ++ky) ASSERT_NEAR(three(ky, kx), 3.0F * expected(ky, kx), 1e-5F);
}

TEST(PowerSpectrum, CentreAndPixelAreRight) {
  Image<float> amplitudes(64, 33);  // rows kx, columns ky
  amplitudes(0, 0) = 64.0F * 64.0F;
  const auto spectrum = power_spectrum_image(amplitudes, {64, 64}, 2.0, 32);
  EXPECT_DOUBLE_EQ(spectrum.pixel_A, 2.0);
  for (int y = 0; y < 32; ++y)
    for (int x = 0; x < 32; ++x)
      if (x != 16 || y != 16) {
        ASSERT_LT(spectrum.image(x, y), spectrum.image(16, 16));
      }
  // Finer than 1.4 A per pixel: the rim is cut off.
  EXPECT_NEAR(power_spectrum_image(amplitudes, {64, 64}, 0.7, 16).pixel_A, 1.4, 1e-6);
  EXPECT_THROW(power_spectrum_image(amplitudes, {64, 64}, 2.0, 66), Error);
}

TEST(DoseWeights, KeepTheNoiseAndFadeWithPreExposure) {
  DoseSchedule schedule{2.0, 300.0, 0.0, 1.0, 8};
  const DoseWeights fresh(schedule);
  schedule.pre_exposure_e_A2 = 60.0;
  const DoseWeights late(schedule);
  std::vector<float> w(64);
  for (const int kx : {0, 10, 30}) {
    std::vector<double> squares(64), late_ratio(64);
    for (int i = 0; i < 8; ++i) {
      fresh.line(i, kx, 64, 64, w.data());
      for (std::size_t k = 0; k < 64; ++k)
        squares[k] += static_cast<double>(w[k]) * static_cast<double>(w[k]);
    }
    for (std::size_t k = 0; k < 64; ++k) EXPECT_NEAR(squares[k], 1.0, 2e-3);
    std::vector<float> v(64);
    fresh.line(3, kx, 64, 64, w.data());
    late.line(3, kx, 64, 64, v.data());
    const double f = std::hypot(kx / 64.0, 20.0 / 64.0) / 2.0;
    EXPECT_NEAR(v[20] / w[20], std::exp(-60.0 / (2.0 * critical_dose_e_A2(f, 300.0))), 5e-3);
  }
}

TEST(Trajectory, RemovesNoiseFromSmoothDriftAndLeavesPreciseShiftsAlone) {
  std::vector<double> times;
  std::vector<Shift> truth, noisy;
  Random random(5);
  double before = 0, after = 0;
  for (int i = 0; i < 12; ++i) {
    times.push_back(i);
    truth.push_back({3.0 * (1.0 - std::exp(-i / 4.0)), 0.2 * i});
    noisy.push_back(
        {truth.back().x + 0.3 * random.normal(), truth.back().y + 0.3 * random.normal()});
  }
  const auto smooth = smoothed_trajectory(times, noisy, {0.3, 0.3}, times);
  for (std::size_t i = 0; i < 12; ++i) {
    before += std::pow(noisy[i].x - truth[i].x, 2) + std::pow(noisy[i].y - truth[i].y, 2);
    after += std::pow(smooth[i].x - truth[i].x, 2) + std::pow(smooth[i].y - truth[i].y, 2);
  }
  EXPECT_LT(after, 0.6 * before);
  const auto exact = smoothed_trajectory(times, noisy, {0.001, 0.001}, times);
  for (std::size_t i = 0; i < 12; ++i) EXPECT_NEAR(exact[i].x, noisy[i].x, 0.003);
  EXPECT_EQ(smoothed_trajectory({0.0}, {{1.0, 2.0}}, {}, {0.0, 1.0}).back().y, 2.0);
}

TEST(LocalModel, NoiseAloneGivesNoMotionAndSignalItsOwn) {
  const TimeFunctions time({0, 1, 2, 3, 4, 5, 6, 7});
  ASSERT_EQ(time.n_model(), 3);
  const Eigen::MatrixXd overlap = time.values().transpose() * time.values();
  EXPECT_LT((overlap - Eigen::MatrixXd::Identity(7, 7)).norm(), 1e-9);
  LocalEvidence evidence;
  evidence.at = LocalCoefficients::Zero(2 * n_space, 3);
  evidence.information = 100.0 * Eigen::MatrixXd::Identity(2 * n_space, 2 * n_space);
  Random random(6);
  evidence.gradient =
      Eigen::MatrixXd::NullaryExpr(2 * n_space, 7, [&] { return 10.0 * random.normal(); });
  const auto nothing = local_posterior(evidence, time);
  EXPECT_LT(nothing.log_bayes_factor, 5.0);
  LocalCoefficients truth = LocalCoefficients::Zero(2 * n_space, 3);
  for (int row = 2; row < 2 * n_space; ++row) truth(row, 0) = random.normal();
  evidence.gradient.leftCols(3) += 100.0 * truth;
  const auto something = local_posterior(evidence, time);
  EXPECT_GT(something.log_bayes_factor, 50.0);
  EXPECT_LT((something.mean - truth).bottomRows(2 * n_space - 2).norm() / truth.norm(), 0.25);
}

TEST(LocalModel, RelionsFormGivesTheSameMotion) {
  const std::vector<double> times{0, 1, 2, 3, 4, 5};
  const TimeFunctions time(times);
  Random random(7);
  const LocalCoefficients c =
      LocalCoefficients::NullaryExpr(2 * n_space, 3, [&] { return random.normal(); });
  const LocalMotionModel model = relion_model(c, time);
  for (const auto& [u, v] : {std::pair{-0.4, 0.3}, std::pair{0.1, 0.45}}) {
    const auto space = space_functions({u, v, u * u, v * v});
    for (int i = 0; i < 6; ++i) {
      double x = 0;
      for (int b = 0; b < n_space; ++b)
        for (int t = 0; t < 3; ++t)
          x += c(2 * b, t) * space[static_cast<std::size_t>(b)] *
               (time.values()(i, t) - time.values()(0, t));
      EXPECT_NEAR(model.at(u + 0.5, v + 0.5, times[static_cast<std::size_t>(i)]).x, x, 1e-9);
    }
  }
}

sim::SimulatedMovie small_movie(int n_frames, PixelType type = PixelType::int16) {
  sim::Exposure exposure;
  exposure.n_frames = n_frames;
  exposure.pixel_A = 1.0;
  exposure.dose_per_frame_e_A2 = 4.0;
  exposure.motion.drift_px = sim::make_drift(sim::DriftKind::exponential, n_frames, {5.0, -3.0}, 2);
  return sim::simulate_texture_movie({190, 131}, {}, exposure, {}, type);
}

TEST(Motion, EveryNumberOfFramesAndEveryBinningGivesSumsOfTheRightSizeAndMean) {
  for (const int n : {1, 2, 3, 7}) {
    const auto movie = small_movie(n);
    for (const double bin : {1.0, 1.6, 2.0, 3.3}) {
      MotionOptions options;
      options.bin_factor = bin;
      options.even_odd_split = true;
      options.grouping_for_ps = 2;
      options.ps_size = 32;
      const auto result = correct_motion({}, *movie.frames, {}, options);
      EXPECT_EQ(result.sum.nx(), static_cast<int>(190 / bin + 1e-6));
      EXPECT_EQ(result.sum.ny(), static_cast<int>(131 / bin + 1e-6));
      double sum = 0, even = 0;
      for (int y = 0; y < result.sum.ny(); ++y)
        for (int x = 0; x < result.sum.nx(); ++x) {
          sum += static_cast<double>(result.sum(x, y));
          even += static_cast<double>(result.even(x, y));
          ASSERT_NEAR(result.sum(x, y), result.even(x, y) + result.odd(x, y), 1e-4F);
        }
      EXPECT_NEAR(sum / static_cast<double>(result.sum.count()), 4.0 * n, 0.1 * n);
      EXPECT_NEAR(even / sum, static_cast<double>((n + 1) / 2) / n, 0.03);
      EXPECT_EQ(result.motion.global.size(), static_cast<std::size_t>(n));
      EXPECT_EQ(result.motion.global[0].x, 0.0);
    }
  }
}

TEST(Motion, TheNumberOfThreadsChangesNoBit) {
  const auto movie = small_movie(6);
  MotionOptions options;
  options.even_odd_split = true;
  options.grouping_for_ps = 1;
  options.ps_size = 64;
  options.dose_weighting = options.save_noDW = true;
  Movie description;
  description.dose_per_frame_e_A2 = 4.0;
  std::vector<MotionResult> results;
  for (const int threads : {1, 2, 5})
    Arena(threads).run(
        [&] { results.push_back(correct_motion(description, *movie.frames, {}, options)); });
  for (std::size_t i = 1; i < results.size(); ++i)
    for (const auto& [a, b] : {std::pair{&results[0].sum, &results[i].sum},
                               std::pair{&results[0].plain_sum, &results[i].plain_sum},
                               std::pair{&results[0].odd, &results[i].odd},
                               std::pair{&results[0].power_spectrum, &results[i].power_spectrum}}) {
      ASSERT_FALSE(a->empty());
      for (int y = 0; y < a->ny(); ++y)
        ASSERT_EQ(
            std::memcmp(a->row(y), b->row(y), static_cast<std::size_t>(a->nx()) * sizeof(float)),
            0);
    }
}

TEST(Motion, AMovieIsUsedToItsEndWhereMoreFramesAreAskedFor) {
  const auto movie = small_movie(3);
  MotionOptions options;
  options.first_frame_sum = 2;
  options.last_frame_sum = 20;
  const auto result = correct_motion({}, *movie.frames, {}, options);
  EXPECT_EQ(result.motion.first_frame, 1);
  EXPECT_EQ(result.motion.global.size(), 2U);
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_NE(result.findings[0].text.find("ends with frame 3"), std::string::npos);
  options.last_frame_sum = 3;
  EXPECT_TRUE(correct_motion({}, *movie.frames, {}, options).findings.empty());
}

TEST(Motion, NoFrameToUseIsAnError) {
  const auto movie = small_movie(3);
  MotionOptions options;
  options.first_frame_sum = 4;
  EXPECT_THROW(correct_motion({}, *movie.frames, {}, options), Error);
  options.first_frame_sum = 3;
  options.last_frame_sum = 2;
  EXPECT_THROW(correct_motion({}, *movie.frames, {}, options), Error);
}

TEST(Motion, ASumThatIsTooSmallForASpectrumSaysSo) {
  sim::Exposure exposure;
  exposure.n_frames = 2;
  const auto movie = sim::simulate_texture_movie({40, 1}, {}, exposure);
  MotionOptions options;
  options.grouping_for_ps = 1;
  try {
    correct_motion({}, *movie.frames, {}, options);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("too small for a power spectrum"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace gimbal
