// SPDX-License-Identifier: GPL-3.0-or-later
// What tiles add to the likelihood, its derivatives and the agreement of the views.
#include "gimbal/core/simd.h"
#include "gimbal/tilt/slab_tile.h"

#include <algorithm>
#include <array>
#include <numbers>

namespace gimbal::tilt {
namespace {

constexpr int lanes = SlabTile::lanes;
constexpr double two_pi = 2.0 * std::numbers::pi;

// One member of a tile. Sums over its coefficients, by lane.
struct MemberSums {
  enum { gradient_x, gradient_y, cross, measured, predicted, likelihood, count };
  std::array<float, std::size_t{lanes} * count> values{};
};

// Differences from the predictions: values - solved / precision.
GIMBAL_MULTIVERSION void sum_member(const float* e, const float* u, const float* precision, int kx,
                                    int ky, int rows, float* prediction, float* sums) {
  for (std::ptrdiff_t k = 0; k < rows; ++k) {
    const float *re = e + 2 * k * lanes, *im = re + lanes, *ure = u + 2 * k * lanes,
                *uim = ure + lanes;
    float *pre = prediction + 2 * k * lanes, *pim = pre + lanes;
    const auto y = static_cast<float>(ky + k);
    for (int l = 0; l < lanes; ++l) {
      const float variance = 1.0F / precision[l];
      const float imaginary = re[l] * uim[l] - im[l] * ure[l];  // of conj(e) u
      sums[MemberSums::gradient_x * lanes + l] += static_cast<float>(kx + l) * imaginary;
      sums[MemberSums::gradient_y * lanes + l] += y * imaginary;
      pre[l] = re[l] - ure[l] * variance;
      pim[l] = im[l] - uim[l] * variance;
      sums[MemberSums::cross * lanes + l] += re[l] * pre[l] + im[l] * pim[l];
      sums[MemberSums::measured * lanes + l] += re[l] * re[l] + im[l] * im[l];
      sums[MemberSums::predicted * lanes + l] += pre[l] * pre[l] + pim[l] * pim[l];
      sums[MemberSums::likelihood * lanes + l] -= re[l] * ure[l] + im[l] * uim[l];
    }
  }
}

// Adds (C^-1 C, entry by entry, less one on the diagonal) times the sums of squared frequencies.
GIMBAL_MULTIVERSION void sum_information(const float* negative_inverse, const float* covariance,
                                         int n, const float* squares, float* sums) {
  const Float16 xx = load16(squares), xy = load16(squares + lanes),
                yy = load16(squares + 2 * lanes);
  std::ptrdiff_t pair = 0;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j <= i; ++j, ++pair) {
      const Float16 product =
          -load16(negative_inverse + pair * lanes) * load16(covariance + pair * lanes);
      const Float16 f = i == j ? product - 1.0F : product;
      float* out = sums + pair * 3 * lanes;
      store16(out, load16(out) + f * xx);
      store16(out + lanes, load16(out + lanes) + f * xy);
      store16(out + 2 * lanes, load16(out + 2 * lanes) + f * yy);
    }
}

double total(const float* values) {
  double sum = 0.0;
  for (int l = 0; l < lanes; ++l) sum += static_cast<double>(values[l]);
  return sum;
}

}  // namespace

TileSums::TileSums(const TilePlan& plan, SlabEvaluation& pictures)
    : plan_(plan), pictures_(pictures) {
  const auto n = plan.members.size();
  information_.assign(n * (n + 1) / 2 * 3 * lanes, 0.0F);
  gradient_.assign(2 * n, 0.0);
  for (auto* sums : {&cross_, &measured_, &predicted_}) sums->assign(n, 0.0);
}

void TileSums::add(const SlabTile& tile) {
  SlabTile::Floats prediction(static_cast<std::size_t>(tile.parts()) * lanes);
  for (int i = 0; i < plan_.count(); ++i) {
    const auto m = static_cast<std::size_t>(i);
    std::array<float, lanes> precision;
    for (int l = 0; l < lanes; ++l) precision[static_cast<std::size_t>(l)] = tile.precision(i, l);
    MemberSums sums;
    sum_member(tile.values(i), tile.solved(i), precision.data(), tile.kx(), tile.ky(), tile.rows(),
               prediction.data(), sums.values.data());
    const auto sum = [&](int which) { return total(sums.values.data() + which * lanes); };
    const double scale = 2.0 * two_pi / plan_.spectra.grid.period_px();
    gradient_[2 * m] += scale * sum(MemberSums::gradient_x);
    gradient_[2 * m + 1] += scale * sum(MemberSums::gradient_y);
    cross_[m] += sum(MemberSums::cross);
    measured_[m] += sum(MemberSums::measured);
    predicted_[m] += sum(MemberSums::predicted);
    log_likelihood_ += sum(MemberSums::likelihood);
    if (!pictures_.predicted.empty()) set_pictures(tile, i, precision.data(), prediction.data());
  }
  log_likelihood_ -= tile.log_determinants();
  std::array<float, std::size_t{3} * lanes> squares{};
  const double period = plan_.spectra.grid.period_px();
  for (int k = 0; k < tile.rows(); ++k)
    for (int l = 0; l < lanes; ++l) {
      if (!tile.holds(k, l)) continue;
      const auto at = static_cast<std::size_t>(l);
      const auto x = static_cast<float>((tile.kx() + l) / period),
                 y = static_cast<float>((tile.ky() + k) / period);
      squares[at] += x * x, squares[lanes + at] += x * y, squares[2 * lanes + at] += y * y;
    }
  sum_information(tile.negative_inverse().data(), tile.covariance().data(), plan_.count(),
                  squares.data(), information_.data());
}

void TileSums::set_pictures(const SlabTile& tile, int member, const float* precision,
                            const float* prediction) {
  const auto view = static_cast<std::size_t>(plan_.members[static_cast<std::size_t>(member)]);
  for (int k = 0; k < tile.rows(); ++k)
    for (int l = 0; l < lanes; ++l) {
      if (!tile.holds(k, l) || !tile.is_member(member, l)) continue;
      const float* p = prediction + static_cast<std::ptrdiff_t>(2 * k) * lanes + l;
      pictures_.predicted[view](tile.kx() + l, tile.row_of(k)) = {p[0], p[lanes]};
      pictures_.precision[view](tile.kx() + l, tile.row_of(k)) = precision[l];
    }
}

void TileSums::finish(SlabEvaluation& out) const {
  out.log_likelihood += log_likelihood_;
  const double scale = two_pi * two_pi * 2.0;
  std::size_t pair = 0;
  for (std::size_t a = 0; a < plan_.members.size(); ++a) {
    const auto i = static_cast<Eigen::Index>(plan_.members[a]);
    out.gradient(2 * i) += gradient_[2 * a];
    out.gradient(2 * i + 1) += gradient_[2 * a + 1];
    out.cross[static_cast<std::size_t>(i)] += cross_[a];
    out.measured_power[static_cast<std::size_t>(i)] += measured_[a];
    out.predicted_power[static_cast<std::size_t>(i)] += predicted_[a];
    for (std::size_t b = 0; b <= a; ++b, ++pair) {
      const auto j = static_cast<Eigen::Index>(plan_.members[b]);
      const float* sums = information_.data() + pair * 3 * lanes;
      Eigen::Matrix2d f;
      f << total(sums), total(sums + lanes), total(sums + lanes), total(sums + 2 * lanes);
      out.information.block<2, 2>(2 * i, 2 * j) += scale * f;
      if (i != j) out.information.block<2, 2>(2 * j, 2 * i) += scale * f;
    }
  }
}

}  // namespace gimbal::tilt
