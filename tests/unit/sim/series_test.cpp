// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/sim/series.h"

#include "gimbal/core/error.h"
#include "gimbal/core/parallel.h"
#include "gimbal/data/gain.h"
#include "gimbal/io/file.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/sim/movie_writer.h"
#include "gimbal/sim/series_files.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <map>

namespace gimbal::sim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class Folder {
 public:
  explicit Folder(const std::string& name)
      : path_(fs::path(testing::TempDir()) / ("gimbal_series_" + name)) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

SeriesOptions small_series() {
  SeriesOptions o = preset_options("tiny");
  o.nx = 150;
  o.ny = 130;
  o.pixel_A = 12.0;
  o.n_frames = 3;
  o.tilt_min_deg = -40.0;
  o.tilt_max_deg = 40.0;
  o.tilt_step_deg = 40.0;
  o.specimen = {
      .ice_thickness_A = 500.0, .n_beads = 4, .n_particles = 0, .n_proteins = 20, .n_vesicles = 0};
  return o;
}

std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[fs::relative(entry.path(), folder).string()] = read_text(entry.path());
  return files;
}

void write(const SeriesOptions& o, const fs::path& folder) {
  std::vector<SeriesPlan> plans;
  for (int i = 0; i < o.n_series; ++i) plans.push_back(plan_series(o, i));
  write_series(plans, folder, [](const std::string&) {});
}

TEST(Series, DoseSymmetricOrderGoesOutInPairs) {
  SeriesOptions o;
  o.tilt_min_deg = -9.0;
  o.tilt_max_deg = 9.0;
  EXPECT_EQ(tilt_order(o), (std::vector<double>{0, 3, -3, -6, 6, 9, -9}));
  o.tilt_max_deg = 3.0;
  EXPECT_EQ(tilt_order(o), (std::vector<double>{0, 3, -3, -6, -9}));
  o.scheme = "bidirectional";
  EXPECT_EQ(tilt_order(o), (std::vector<double>{0, 3, -3, -6, -9}));
  o.scheme = "continuous";
  EXPECT_EQ(tilt_order(o), (std::vector<double>{-9, -6, -3, 0, 3}));
  EXPECT_EQ(tilt_order(SeriesOptions{}).size(), 41U);
}

TEST(Series, SameSeedSameFilesForAnyNumberOfThreads) {
  SeriesOptions o = small_series();
  o.sensor = {
      .gain_sigma = 0.05, .mtf_at_nyquist = 0.5, .n_hot = 3, .n_dead = 2, .n_dead_columns = 1};
  std::map<std::string, std::string> files[2];
  for (int threads : {1, 2}) {
    const Folder folder("threads");
    Arena(threads).run([&] { write(o, folder.path()); });
    files[threads - 1] = files_in(folder.path());
  }
  ASSERT_EQ(files[0].size(), 7U);  // 3 movies, mdoc, gain, defects, truth
  EXPECT_TRUE(files[0] == files[1]);
  EXPECT_EQ(files[0].count("frames/TS_01_001_40.0.mrc"), 1U);
}

TEST(Series, BeadsAreInTheMoviesWhereTheTruthSays) {
  SeriesOptions o = small_series();
  o.noise_free = true;
  o.seed = 3;
  o.type = "float32";
  o.specimen.n_proteins = 0;
  o.specimen.ice_thickness_A = 0.0;
  o.specimen.bead_diameter_A = 150.0;
  o.specimen.n_beads = 1;
  o.stage_shift_A = 30.0;
  o.pixel_A = 10.0;
  o.defocus_um = 0.4;
  o.local_motion_A = 0.0;
  o.sensor.mtf_at_nyquist = 1.0;
  const Folder folder("beads");
  write(o, folder.path());
  const Json truth = Json::parse(read_text(folder / "truth.json"));
  for (const auto& tilt : truth["series"][0]["tilts"]) {
    const auto frames = open_frames(folder / tilt["movie"].get<std::string>());
    for (int frame : {0, 2}) {
      RawFrame raw;
      frames->read(frame, raw);
      std::vector<float> row(static_cast<std::size_t>(o.nx));
      const double px = tilt["beads_px"][0][0].get<double>() +
                        tilt["drift_px"][static_cast<std::size_t>(frame)][0].get<double>();
      const double py = tilt["beads_px"][0][1].get<double>() +
                        tilt["drift_px"][static_cast<std::size_t>(frame)][1].get<double>();
      raw.row_to_float(0, row.data());
      const double background = static_cast<double>(row[0]);
      double sum = 0.0, x_sum = 0.0, y_sum = 0.0;
      for (int y = static_cast<int>(py) - 14; y <= static_cast<int>(py) + 15; ++y) {
        raw.row_to_float(y, row.data());
        for (int x = static_cast<int>(px) - 14; x <= static_cast<int>(px) + 15; ++x) {
          const double value = background - static_cast<double>(row[static_cast<std::size_t>(x)]);
          sum += value;
          x_sum += value * x;
          y_sum += value * y;
        }
      }
      EXPECT_NEAR(x_sum / sum, px, 0.02) << tilt["movie"] << " frame " << frame;
      EXPECT_NEAR(y_sum / sum, py, 0.02) << tilt["movie"] << " frame " << frame;
    }
  }
}

TEST(Series, TheStoredGainTurnsIntoTheMoviesGain) {
  for (int rotation : {0, 1, 2, 3})
    for (int flip : {0, 1, 2}) {
      SeriesOptions o = small_series();
      o.specimen = {
          .ice_thickness_A = 0.0, .n_beads = 0, .n_particles = 0, .n_proteins = 0, .n_vesicles = 0};
      o.nx = 40;
      o.ny = 30;
      o.tilt_min_deg = o.tilt_max_deg = 0.0;
      o.n_frames = 1;
      o.gain_rot = rotation;
      o.gain_flip = flip;
      o.sensor.gain_sigma = 0.1;
      const Folder folder("gain");
      write(o, folder.path());
      const Image<float> gain =
          read_gain({folder / "gain.mrc", {rotation, flip}, {o.nx, o.ny}, false}).factors;
      const Sensor sensor = series_sensor(o);
      for (int y = 0; y < o.ny; ++y)
        for (int x = 0; x < o.nx; ++x) ASSERT_EQ(gain(x, y), sensor.gain(x, y));
    }
}

TEST(Series, EveryFormatHoldsTheSameCounts) {
  Image<float> counts(2048, 2048);
  for (int i = 0; i < 5000; ++i) counts((i * 37) % 2048, (i * 101 + 7) % 2048) += 1.0F;
  counts(5, 9) = 2.0F;
  const Folder folder("formats");
  for (const std::string format : {"mrc", "tif", "eer"}) {
    MovieFile file{.path = folder / ("movie." + format), .format = format, .size = {2048, 2048}};
    if (format == "tif") file.type = PixelType::uint8;
    const auto writer = open_movie_writer(file);
    writer->append(counts);
    writer->finish();
    const auto frames = open_frames(file.path, {.grouping = 32, .upsampling = 1});
    ASSERT_EQ(frames->info().n_frames, 1);
    RawFrame raw;
    frames->read(0, raw);
    std::vector<float> row(2048);
    int different = 0;
    for (int y = 0; y < 2048; ++y) {
      raw.row_to_float(y, row.data());
      for (int x = 0; x < 2048; ++x)
        different += row[static_cast<std::size_t>(x)] != counts(x, y) ? 1 : 0;
    }
    EXPECT_EQ(different, 0) << format;
  }
}

TEST(Series, DarkAndBlockedTiltsLoseTheirElectrons) {
  SeriesOptions o = small_series();
  o.dark_tilts = {"2"};
  o.blocked_tilts = {"3"};
  const SeriesPlan plan = plan_series(o, 0);
  double means[3];
  for (std::size_t i = 0; i < 3; ++i) {
    const Field field = tilt_field(plan, plan.tilts[i]);
    double sum = 0.0;
    for (int y = 0; y < field.image.ny(); ++y)
      for (float value : field.image.real().row_span(y)) sum += static_cast<double>(value);
    means[i] = sum / static_cast<double>(field.image.real().count());
  }
  EXPECT_LT(means[1], 0.03 * means[0]);
  EXPECT_LT(means[2], 0.7 * means[0]);
  EXPECT_GT(means[2], 0.2 * means[0]);
  o.dark_tilts = {"4"};
  EXPECT_THROW(plan_series(o, 0), UsageError);
}

TEST(Series, NumbersSeriesAndGivesEachItsOwnSpecimen) {
  SeriesOptions o = small_series();
  o.n_series = 2;
  o.name = "grid_09";
  const SeriesPlan a = plan_series(o, 0), b = plan_series(o, 1);
  EXPECT_EQ(a.name, "grid_09");
  EXPECT_EQ(b.name, "grid_10");
  EXPECT_NE(a.specimen.gold[0].centre_A.x, b.specimen.gold[0].centre_A.x);
  EXPECT_NE(a.tilts[0].shift_px.x, b.tilts[0].shift_px.x);
  o.name = "lamella";
  EXPECT_EQ(plan_series(o, 1).name, "lamella_02");
}

TEST(Series, MdocTellsTheDoseTheAnglesAndTheMovies) {
  const SeriesPlan plan = plan_series(small_series(), 0);
  const std::string text = mdoc_text(plan);
  EXPECT_NE(text.find("[ZValue = 2]\nTiltAngle = -40.0000\n"), std::string::npos);
  EXPECT_NE(text.find("SubFramePath = D:\\frames\\TS_01_001_40.0.mrc\nNumSubFrames = 3\n"
                      "DateTime = 01-Jan-24  12:01:00\n"),
            std::string::npos);
  EXPECT_NE(text.find("PriorRecordDose = 6\n"), std::string::npos);
  EXPECT_NE(text.find("Tilt axis angle = 85.0,"), std::string::npos);
}

TEST(Presets, AreAllValidAndPlannable) {
  for (const Preset& preset : presets()) {
    SeriesOptions o = preset_options(preset.name);
    OptionTable table;
    describe(o, table);
    EXPECT_NO_THROW(table.validate()) << preset.name;
    EXPECT_FALSE(tilt_order(o).empty());
    o.specimen = {.n_particles = 0, .n_vesicles = 0};
    EXPECT_EQ(plan_series(o, 0).tilts.size(), tilt_order(o).size());
  }
  EXPECT_THROW(preset_options("huge"), UsageError);
  const SeriesOptions empiar = preset_options("empiar_10164");
  EXPECT_EQ(tilt_order(empiar).size(), 41U);
  EXPECT_EQ(empiar.n_frames, 8);
}

TEST(Options, RefuseWhatAFormatCannotHold) {
  const Folder folder("refused");
  SeriesOptions o = small_series();
  o.type = "uint8";
  EXPECT_THROW(write(o, folder.path()), UsageError);
  o.format = "tif";
  o.type = "int8";
  EXPECT_THROW(write(o, folder.path()), UsageError);
  o.type = "uint8";
  o.noise_free = true;
  EXPECT_THROW(write(o, folder.path()), UsageError);
}

}  // namespace
}  // namespace gimbal::sim
