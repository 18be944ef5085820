// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/tilt/slab_model.h"

#include "gimbal/core/parallel.h"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

namespace gimbal::tilt {
namespace {

constexpr double two_pi = 2.0 * std::numbers::pi;

// Coefficients along ky that share a covariance, which changes slowly there.
int block_length(const PlaneGrid& grid, FrequencyBand band) {
  return std::max(4, static_cast<int>(band.highest * grid.period_px() / 16.0));
}

// An angle, for the sincs of differences: sin(a - b) / (a - b) without a sine for each pair.
struct Turn {
  double angle_rad, sine, cosine;
};
Turn turn_of(double angle_rad) {
  return {angle_rad, std::sin(angle_rad), std::cos(angle_rad)};
}
double sinc_between(const Turn& a, const Turn& b) {
  const double d = a.angle_rad - b.angle_rad;
  return std::abs(d) < 1e-4 ? 1.0 - d * d / 6.0 : (a.sine * b.cosine - a.cosine * b.sine) / d;
}

// Coefficients ky = first .. first + n - 1 (signed) of column kx that lie in the band.
struct Segment {
  int kx, first, n;
};

std::vector<Segment> segments_of_column(const PlaneGrid& grid, FrequencyBand band, int kx) {
  std::vector<Segment> segments;
  const double period = grid.period_px(), high = band.highest * period, low = band.lowest * period;
  const int reach = std::min(grid.n / 2 - 1, static_cast<int>(high));
  const int block = block_length(grid, band);
  Segment open{kx, 0, 0};
  const auto close = [&] {
    if (open.n > 0) segments.push_back(open);
    open.n = 0;
  };
  for (int ky = kx == 0 ? 1 : -reach; ky <= reach; ++ky) {
    const double k = std::sqrt(static_cast<double>(kx) * kx + static_cast<double>(ky) * ky);
    if (k < low || k > high) {
      close();
      continue;
    }
    if (open.n == block) close();
    if (open.n == 0) open.first = ky;
    ++open.n;
  }
  close();
  return segments;
}

int n_columns(const PlaneGrid& grid, FrequencyBand band) {
  return std::min(grid.n / 2 - 1, static_cast<int>(band.highest * grid.period_px())) + 1;
}

// The covariance in the middle of a segment, and the tilts whose images reach that frequency.
struct Covariance {
  std::vector<int> members;
  Eigen::MatrixXf matrix;
};

Covariance covariance_at(const SlabSpectra& spectra, const SlabSignal& signal, double thickness_px,
                         const Segment& segment) {
  Covariance c;
  const int ky = segment.first + segment.n / 2;
  const double period = spectra.grid.period_px();
  std::vector<double> amplitude;
  std::vector<Turn> turns;
  for (int i = 0; i < spectra.count(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const PlaneView& view = spectra.views[at];
    const int ring = spectra.ring(at, segment.kx, spectra.row_of(ky));
    if (ring < 0) continue;
    c.members.push_back(i);
    const double share =
        std::clamp(signal.share[static_cast<std::size_t>(ring)] * signal.gain[at], 0.0, 0.95);
    amplitude.push_back(std::sqrt(share));
    turns.push_back(
        turn_of(std::numbers::pi * thickness_px * (view.tx * segment.kx + view.ty * ky) / period));
  }
  const auto n = static_cast<Eigen::Index>(c.members.size());
  c.matrix.resize(n, n);
  for (Eigen::Index i = 0; i < n; ++i) {
    c.matrix(i, i) = 1.0;
    for (Eigen::Index j = 0; j < i; ++j) {
      const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
      c.matrix(i, j) = c.matrix(j, i) =
          static_cast<float>(amplitude[a] * amplitude[b] * sinc_between(turns[a], turns[b]));
    }
  }
  return c;
}

// Real and imaginary parts of the coefficients of a segment, two columns for each: products of
// complex numbers by real matrices are slow.
Eigen::MatrixXf values_of(const SlabSpectra& spectra, const std::vector<int>& members,
                          const Segment& segment) {
  Eigen::MatrixXf e(static_cast<Eigen::Index>(members.size()), 2 * segment.n);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Image<cfloat>& values = spectra.values[static_cast<std::size_t>(members[i])];
    for (int k = 0; k < segment.n; ++k) {
      const cfloat value = values(segment.kx, spectra.row_of(segment.first + k));
      e(static_cast<Eigen::Index>(i), 2 * k) = value.real();
      e(static_cast<Eigen::Index>(i), 2 * k + 1) = value.imag();
    }
  }
  return e;
}
using Parts = Eigen::Ref<const Eigen::Matrix<float, Eigen::Dynamic, 2>>;

// Calls f(column) for all columns of the band at the same time.
void for_columns(const SlabSpectra& spectra, FrequencyBand band,
                 const std::function<void(int)>& f) {
  parallel_for(n_columns(spectra.grid, band), f);
}

SlabEvaluation empty_evaluation(int n) {
  SlabEvaluation e;
  e.gradient = Eigen::VectorXd::Zero(2 * n);
  e.information = Eigen::MatrixXd::Zero(2 * n, 2 * n);
  const auto size = static_cast<std::size_t>(n);
  e.cross.assign(size, 0.0);
  e.measured_power.assign(size, 0.0);
  e.predicted_power.assign(size, 0.0);
  return e;
}

// What one coefficient adds to likelihood, gradient and agreement.
void add_coefficient(const Covariance& c, const Eigen::MatrixXf& inverse, const Parts& e,
                     const Parts& solved, double kx, double ky, SlabEvaluation& out) {
  for (std::size_t m = 0; m < c.members.size(); ++m) {
    const auto i = static_cast<Eigen::Index>(m);
    const auto tilt = static_cast<std::size_t>(c.members[m]);
    const auto imaginary =  // of conj(e) solved
        static_cast<double>(e(i, 0) * solved(i, 1) - e(i, 1) * solved(i, 0));
    out.gradient(2 * c.members[m]) += two_pi * kx * 2.0 * imaginary;
    out.gradient(2 * c.members[m] + 1) += two_pi * ky * 2.0 * imaginary;
    const float variance = 1.0F / inverse(i, i);
    const float re = e(i, 0) - solved(i, 0) * variance, im = e(i, 1) - solved(i, 1) * variance;
    out.cross[tilt] += static_cast<double>(e(i, 0) * re + e(i, 1) * im);
    out.measured_power[tilt] += static_cast<double>(e(i, 0) * e(i, 0) + e(i, 1) * e(i, 1));
    out.predicted_power[tilt] += static_cast<double>(re * re + im * im);
  }
}

void add_information(const Covariance& c, const Eigen::MatrixXf& inverse, double xx, double xy,
                     double yy, Eigen::MatrixXd& information) {
  const double scale = two_pi * two_pi * 2.0;
  for (std::size_t a = 0; a < c.members.size(); ++a)
    for (std::size_t b = 0; b < c.members.size(); ++b) {
      const auto i = static_cast<Eigen::Index>(a), j = static_cast<Eigen::Index>(b);
      const double f =
          scale * (static_cast<double>(inverse(i, j)) * c.matrix(i, j) - (a == b ? 1.0 : 0.0));
      const int p = 2 * c.members[a], q = 2 * c.members[b];
      information(p, q) += f * xx;
      information(p, q + 1) += f * xy;
      information(p + 1, q) += f * xy;
      information(p + 1, q + 1) += f * yy;
    }
}

double log_determinant(const Eigen::LLT<Eigen::MatrixXf>& factor) {
  double sum = 0.0;
  for (Eigen::Index i = 0; i < factor.matrixLLT().rows(); ++i)
    sum += 2.0 * std::log(static_cast<double>(factor.matrixLLT()(i, i)));
  return sum;
}

double column_likelihood(const SlabSpectra& spectra, const SlabSignal& signal, double thickness_px,
                         FrequencyBand band, int column) {
  double total = 0.0;
  for (const Segment& segment : segments_of_column(spectra.grid, band, column)) {
    const Covariance c = covariance_at(spectra, signal, thickness_px, segment);
    if (c.members.size() < 2) continue;
    const Eigen::LLT<Eigen::MatrixXf> factor(c.matrix);
    const Eigen::MatrixXf e = values_of(spectra, c.members, segment);
    total -= static_cast<double>(factor.matrixL().solve(e).squaredNorm());
    total -= segment.n * log_determinant(factor);
  }
  return total;
}

SlabEvaluation evaluate_column(const SlabSpectra& spectra, const SlabSignal& signal,
                               double thickness_px, FrequencyBand band, int column,
                               SlabEvaluation& total) {
  SlabEvaluation out = empty_evaluation(spectra.count());
  const double period = spectra.grid.period_px();
  for (const Segment& segment : segments_of_column(spectra.grid, band, column)) {
    const Covariance c = covariance_at(spectra, signal, thickness_px, segment);
    if (c.members.size() < 2) continue;
    const Eigen::LLT<Eigen::MatrixXf> factor(c.matrix);
    const Eigen::MatrixXf inverse =
        factor.solve(Eigen::MatrixXf::Identity(c.matrix.rows(), c.matrix.cols()));
    const Eigen::MatrixXf measured = values_of(spectra, c.members, segment);
    const Eigen::MatrixXf weighted = inverse * measured;
    double xx = 0, xy = 0, yy = 0;
    for (int ky = segment.first; ky < segment.first + segment.n; ++ky) {
      const double fx = segment.kx / period, fy = ky / period;
      xx += fx * fx, xy += fx * fy, yy += fy * fy;
      const Eigen::Index part = 2 * (ky - segment.first);
      const Parts e = measured.middleCols<2>(part), u = weighted.middleCols<2>(part);
      add_coefficient(c, inverse, e, u, fx, fy, out);
      out.log_likelihood -= static_cast<double>(e.cwiseProduct(u).sum());
      const int row = spectra.row_of(ky);
      for (std::size_t m = 0; m < c.members.size(); ++m) {
        const auto i = static_cast<Eigen::Index>(m);
        const auto tilt = static_cast<std::size_t>(c.members[m]);
        total.predicted[tilt](column, row) = {e(i, 0) - u(i, 0) / inverse(i, i),
                                              e(i, 1) - u(i, 1) / inverse(i, i)};
        total.precision[tilt](column, row) = inverse(i, i);
      }
    }
    out.log_likelihood -= segment.n * log_determinant(factor);
    add_information(c, inverse, xx, xy, yy, out.information);
  }
  return out;
}

void add(const SlabEvaluation& part, SlabEvaluation& total) {
  total.log_likelihood += part.log_likelihood;
  total.gradient += part.gradient;
  total.information += part.information;
  for (std::size_t i = 0; i < total.cross.size(); ++i) {
    total.cross[i] += part.cross[i];
    total.measured_power[i] += part.measured_power[i];
    total.predicted_power[i] += part.predicted_power[i];
  }
}

}  // namespace

SlabSignal assumed_signal(const SlabSpectra& spectra, FrequencyBand band) {
  SlabSignal signal;
  const double scale = 0.5 * band.highest * spectra.grid.period_px();
  for (int r = 0; r < spectra.n_rings(); ++r)
    signal.share.push_back(0.5 * std::exp(-0.5 * std::pow(r / scale, 2)));
  signal.gain.assign(static_cast<std::size_t>(spectra.count()), 1.0);
  return signal;
}

SlabSignal measured_signal(const SlabSpectra& spectra, double thickness_px, FrequencyBand band) {
  std::vector<int> order(static_cast<std::size_t>(spectra.count()));
  for (int i = 0; i < spectra.count(); ++i) order[static_cast<std::size_t>(i)] = i;
  std::sort(order.begin(), order.end(), [&](int a, int b) {
    return spectra.views[static_cast<std::size_t>(a)].tx <
           spectra.views[static_cast<std::size_t>(b)].tx;
  });
  const auto n_rings = static_cast<std::size_t>(spectra.n_rings());
  const double period = spectra.grid.period_px();
  const int columns = n_columns(spectra.grid, band);
  std::vector<std::vector<double>> cross(static_cast<std::size_t>(columns)), square(cross.size());
  for_columns(spectra, band, [&](int column) {
    auto& c = cross[static_cast<std::size_t>(column)];
    auto& s = square[static_cast<std::size_t>(column)];
    c.assign(n_rings, 0.0), s.assign(n_rings, 0.0);
    std::vector<double> weight(order.size());  // of each tilt with the one before it in angle
    std::vector<int> rings(order.size());
    std::vector<Turn> turns(order.size());
    for (const Segment& segment : segments_of_column(spectra.grid, band, column)) {
      const int middle = segment.first + segment.n / 2;
      for (std::size_t i = 0; i < order.size(); ++i) {
        const PlaneView& view = spectra.views[static_cast<std::size_t>(order[i])];
        turns[i] = turn_of(std::numbers::pi * thickness_px * (view.tx * column + view.ty * middle) /
                           period);
        if (i > 0) weight[i] = sinc_between(turns[i - 1], turns[i]);
      }
      for (int ky = segment.first; ky < segment.first + segment.n; ++ky) {
        const int row = spectra.row_of(ky);
        for (std::size_t i = 0; i < order.size(); ++i)
          rings[i] = spectra.ring(static_cast<std::size_t>(order[i]), column, row);
        for (std::size_t i = 1; i < order.size(); ++i) {
          if (rings[i - 1] < 0 || rings[i] < 0) continue;
          const auto ring = static_cast<std::size_t>((rings[i - 1] + rings[i]) / 2);
          const cfloat e = spectra.values[static_cast<std::size_t>(order[i - 1])](column, row),
                       f = spectra.values[static_cast<std::size_t>(order[i])](column, row);
          c[ring] += weight[i] * static_cast<double>(e.real() * f.real() + e.imag() * f.imag());
          s[ring] += weight[i] * weight[i];
        }
      }
    }
  });
  SlabSignal signal;
  signal.gain.assign(static_cast<std::size_t>(spectra.count()), 1.0);
  std::vector<double> total_cross(n_rings), total_square(n_rings);
  for (std::size_t column = 0; column < cross.size(); ++column)
    for (std::size_t r = 0; r < n_rings; ++r) {
      total_cross[r] += cross[column][r];
      total_square[r] += square[column][r];
    }
  for (std::size_t r = 0; r < n_rings; ++r) {  // over five rings: single ones are noisy
    double c = 0, s = 0;
    for (std::size_t t = r < 2 ? 0 : r - 2; t <= std::min(n_rings - 1, r + 2); ++t)
      c += total_cross[t], s += total_square[t];
    signal.share.push_back(s > 0.0 ? std::clamp(c / s, 0.002, 0.9) : 0.002);
  }
  return signal;
}

void complete_first_column(Image<cfloat>& spectrum) {
  const int n = spectrum.ny();
  for (int row = n / 2 + 1; row < n; ++row) spectrum(0, row) = std::conj(spectrum(0, n - row));
}

SlabEvaluation evaluate(const SlabSpectra& spectra, const SlabSignal& signal, double thickness_px,
                        FrequencyBand band) {
  std::vector<SlabEvaluation> parts(static_cast<std::size_t>(n_columns(spectra.grid, band)));
  SlabEvaluation total = empty_evaluation(spectra.count());
  for (int i = 0; i < spectra.count(); ++i) {
    total.predicted.emplace_back(spectra.grid.n / 2 + 1, spectra.grid.n);
    total.precision.emplace_back(spectra.grid.n / 2 + 1, spectra.grid.n);
  }
  for_columns(spectra, band, [&](int column) {
    parts[static_cast<std::size_t>(column)] =
        evaluate_column(spectra, signal, thickness_px, band, column, total);
  });
  for (const auto& part : parts) add(part, total);
  total.log_likelihood *= spectra.share;
  total.gradient *= spectra.share;
  total.information *= spectra.share;
  return total;
}

double log_likelihood(const SlabSpectra& spectra, const SlabSignal& signal, double thickness_px,
                      FrequencyBand band) {
  std::vector<double> parts(static_cast<std::size_t>(n_columns(spectra.grid, band)));
  for_columns(spectra, band, [&](int column) {
    parts[static_cast<std::size_t>(column)] =
        column_likelihood(spectra, signal, thickness_px, band, column);
  });
  double total = 0.0;
  for (const double part : parts) total += part;
  return spectra.share * total;
}

Image<cfloat> weighted_correlation(const SlabSpectra& spectra, const SlabSignal& signal,
                                   double thickness_px, FrequencyBand band, int target) {
  Image<cfloat> result(spectra.grid.n / 2 + 1, spectra.grid.n);
  for_columns(spectra, band, [&](int column) {
    for (const Segment& segment : segments_of_column(spectra.grid, band, column)) {
      const Covariance c = covariance_at(spectra, signal, thickness_px, segment);
      const auto found = std::find(c.members.begin(), c.members.end(), target);
      if (found == c.members.end() || c.members.size() < 2) continue;
      const auto t = static_cast<Eigen::Index>(found - c.members.begin());
      const Eigen::VectorXf row_of_inverse =
          Eigen::LLT<Eigen::MatrixXf>(c.matrix).solve(Eigen::VectorXf::Unit(c.matrix.rows(), t));
      const float precision = row_of_inverse(t);
      const Eigen::MatrixXf e = values_of(spectra, c.members, segment);
      const Eigen::RowVectorXf predicted = e.row(t) - row_of_inverse.transpose() * e / precision;
      for (int k = 0; k < segment.n; ++k) {
        const float re = predicted(2 * k), im = predicted(2 * k + 1);
        result(column, spectra.row_of(segment.first + k)) = {
            precision * (re * e(t, 2 * k) + im * e(t, 2 * k + 1)),
            precision * (re * e(t, 2 * k + 1) - im * e(t, 2 * k))};
      }
    }
  });
  return result;
}

}  // namespace gimbal::tilt
