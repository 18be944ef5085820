// SPDX-License-Identifier: GPL-3.0-or-later
// gimbal view: pictures of images, stacks and volumes.
#include "command.h"

#include "gimbal/core/error.h"
#include "gimbal/core/text.h"
#include "gimbal/io/frame_reader.h"
#include "gimbal/report/cairo_canvas.h"
#include "gimbal/report/greyscale.h"
#include "gimbal/report/slices.h"
#include "gimbal/report/thumbnail.h"

#include <cmath>
#include <filesystem>
#include <iostream>
#include <limits>
#include <memory>
#include <optional>

namespace gimbal::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_pixels = 200'000'000;  // of all slices of a file together
constexpr int montage_px = 256;

struct ViewOptions {
  std::string output = ".";
  std::string axis = "z";
  std::string slice = "middle";
  int thick = 1;
  int bin = 0;
  int size = 0;
  std::string range;
  bool montage = false;
  int columns = 0;
};

void describe(ViewOptions& o, OptionTable& t) {
  t.add("o", o.output, {.help = "Folder for the pictures; or, for one picture, its name (x.png)"});
  t.add("axis", o.axis,
        {.help = "What the slices of a volume are perpendicular to", .choices = {"x", "y", "z"}});
  t.add("slice", o.slice,
        {.help = "Which slices (images, frames): middle, all, or numbers from 1, as in 3,10-20 or "
                 "30-90/10 (every tenth)"});
  t.add("thick", o.thick,
        {.help = "Show the mean of so many slices around each; 0: of all", .min = 0});
  t.add("bin", o.bin,
        {.help = "Show the mean of so many pixels each way as one; 0: as --size asks", .min = 0});
  t.add("size", o.size,
        {.help = "Longest side of a slice; larger ones are averaged down; 0: 1024, or 256 with "
                 "--montage",
         .unit = "px",
         .min = 0,
         .max = 30000});
  t.add("range", o.range,
        {.help = "Values shown black and white, as in -2,5; empty: from the bulk of the pixels, "
                 "the same for all slices of a file"});
  t.add("montage", o.montage, {.help = "Put all slices of a file into one picture"});
  t.add("columns", o.columns, {.help = "Of a montage; 0: as wide as high", .min = 0, .max = 1000});
}

std::optional<Contrast> given_contrast(const std::string& text) {
  if (text.empty()) return std::nullopt;
  const auto parts = split(text, ',');
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const auto number = [&](std::size_t i) {
    return parts.size() == 2 ? parse_double(parts[i]).value_or(none) : none;
  };
  const double black = number(0), white = number(1);
  if (!std::isfinite(black) || !std::isfinite(white) || black >= white)
    throw UsageError(fmt::format(
        "--range is '{}', but must be two numbers, the lower one first, as in -2,5", text));
  return Contrast{static_cast<float>(black), static_cast<float>(white)};
}

SliceAxis axis_of(const ViewOptions& o) {
  return o.axis == "x" ? SliceAxis::x : o.axis == "y" ? SliceAxis::y : SliceAxis::z;
}

int longest_side(const ViewOptions& o, Size2 slice) {
  const int longest = std::max(slice.nx, slice.ny);
  if (o.bin > 0) return std::max(1, longest / o.bin);
  return o.size > 0 ? o.size : o.montage ? montage_px : 1024;
}

std::vector<Image<float>> slices_of(const FrameReader& reader, const std::vector<int>& numbers,
                                    const ViewOptions& o) {
  const auto& info = reader.info();
  const SliceAxis axis = axis_of(o);
  const auto nx = static_cast<std::size_t>(axis == SliceAxis::x ? info.ny : info.nx);
  const auto ny = static_cast<std::size_t>(axis == SliceAxis::z ? info.ny : info.n_frames);
  if (numbers.size() * nx * ny > most_pixels && numbers.size() > 1)
    fail(
        "{} slices of {} x {} px are too many for once: choose fewer with --slice, as in "
        "--slice 1-{}/10",
        numbers.size(), nx, ny, n_slices(info, axis));
  const int thick = o.thick == 0 ? 2 * n_slices(info, axis) : o.thick;
  std::vector<Image<float>> slices;
  for (auto& slice : read_slices(reader, axis, numbers, thick))
    slices.push_back(reduced(slice.view(), longest_side(o, slice.size())));
  return slices;
}

// "x_z012.png"; without a number where there is only one image.
fs::path picture_path(const fs::path& file, const ViewOptions& o, const std::string& suffix) {
  if (iequals(fs::path(o.output).extension().string(), ".png")) return o.output;
  return fs::path(o.output) / (file.stem().string() + suffix + ".png");
}

void write_pictures(const fs::path& file, const std::vector<int>& numbers, int n,
                    const std::vector<Image<float>>& slices, const Contrast& contrast,
                    const ViewOptions& o) {
  const auto said = [&](const fs::path& path, const std::string& what) {
    std::cout << fmt::format("{}: {}, grey from {:.4g} to {:.4g}\n", path.string(), what,
                             contrast.black, contrast.white);
  };
  std::vector<LabelledPicture> pictures;
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const int number = numbers[i] + 1;
    auto grey = grey_levels(slices[i].view(), contrast);
    if (o.montage) {
      pictures.push_back({fmt::format("{} {}", o.axis, number), std::move(grey)});
      continue;
    }
    const auto path = picture_path(file, o, n == 1 ? "" : fmt::format("_{}{:04}", o.axis, number));
    write_png(path, grey.view());
    said(path, fmt::format("{} {} of {}, {} x {} px", o.axis, number, n, grey.nx(), grey.ny()));
  }
  if (pictures.empty()) return;
  const auto path = picture_path(file, o, fmt::format("_{}_montage", o.axis));
  const auto columns =
      o.columns > 0 ? o.columns
                    : static_cast<int>(std::ceil(std::sqrt(static_cast<double>(pictures.size()))));
  write_montage(path, pictures, columns);
  said(path, fmt::format("{} slices", pictures.size()));
}

void view(const fs::path& file, const ViewOptions& o) {
  const auto reader = open_frames(file);
  const int n = n_slices(reader->info(), axis_of(o));
  const auto numbers =
      in_context("choosing slices of " + file.string(), [&] { return slice_numbers(o.slice, n); });
  const auto slices = slices_of(*reader, numbers, o);
  std::vector<View<const float>> views;
  for (const auto& slice : slices) views.push_back(slice.view());
  auto contrast = given_contrast(o.range);
  if (!contrast) {
    const auto values = sorted_values(views);
    if (values.empty()) fail("{} holds no finite value in these slices", file.string());
    contrast = contrast_of(values, 0.003, 0.997, 5.0F);
  }
  write_pictures(file, numbers, n, slices, *contrast, o);
}

int run(const Command& command, const ViewOptions& options) {
  given_contrast(options.range);
  const auto& files = command.arguments;
  const bool one_name = iequals(fs::path(options.output).extension().string(), ".png");
  if (one_name && files.size() > 1)
    throw UsageError(
        fmt::format("--o {} is the name of one picture, but there are {} files: name "
                    "a folder",
                    options.output, files.size()));
  if (!one_name) fs::create_directories(options.output);
  std::size_t n_failed = 0;
  for (const auto& file : files) {
    try {
      view(file, options);
    } catch (const UsageError&) {
      throw;
    } catch (const std::exception& error) {
      ++n_failed;
      std::cerr << "gimbal view: " << error.what() << '\n';
    }
  }
  if (n_failed == 0) return exit_done;
  return n_failed == files.size() ? exit_failed : exit_some_failed;
}

}  // namespace

Command make_view() {
  const auto options = std::make_shared<ViewOptions>();
  Command command;
  command.name = "view";
  command.summary = "Make pictures of images, stacks and volumes";
  command.description =
      "Writes PNG pictures of any image, stack, movie or volume that gimbal reads: averaged down, "
      "with a contrast that follows the bulk of the pixels. y is up (row 0 of the file is the "
      "lowest line); slices along x and y have z up.";
  command.examples = {
      "gimbal view MotionCorr/job002/frames/*.mrc --o pictures/",
      "gimbal view Tomograms/job005/tomograms/rec_TS_01.mrc --thick 10",
      "gimbal view Tomograms/job005/tomograms/rec_TS_01.mrc --axis y --slice 100-900/100 --montage",
      "gimbal view movie.eer --thick 0 --o sum.png"};
  command.positional = "FILE";
  describe(*options, command.table);
  command.run = [options](const Command& c) { return run(c, *options); };
  return command;
}

}  // namespace gimbal::app
