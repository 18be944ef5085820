// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/core/image.h"

#include "gimbal/core/parallel.h"
#include "gimbal/core/random.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <vector>

namespace gimbal {
namespace {

// 256 floats a row: 1 KiB, and a cache line where a row would be a multiple of a page.
Image<float> filled(int ny, float value) {
  Image<float> image(256, ny, Image<float>::Uninitialized{});
  image.fill(value);
  return image;
}

bool holds(const Image<float>& image, float value) {
  for (int y = 0; y < image.ny(); ++y)
    for (const float pixel : image.view().row_span(y))
      if (pixel != value) return false;
  return true;
}

double resident_MB() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1048576.0;
}

long page_faults() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_minflt;
}

constexpr int MB = 1024;  // rows

TEST(Image, NewPixelsAreZeroThoughTheirMemoryIsUsedAgain) {
  for (int i = 0; i < 3; ++i) {
    Image<float> image(300, 2000 + 7 * i);
    EXPECT_TRUE(holds(image, 0.0F));
    image.fill(5.0F);
  }
}

TEST(Image, ImagesOfAllSizesNeverShareMemory) {
  Arena(4).run([] {
    std::vector<int> spoilt(4, 0);
    parallel_for(4, [&](int thread) {
      Random random(static_cast<std::uint64_t>(thread));
      struct Held {
        Image<float> image;
        float value;
      };
      std::vector<Held> held(8);
      for (int step = 0; step < 150; ++step) {
        auto& slot = held[static_cast<std::size_t>(random.below(8))];
        if (!slot.image.empty() && !holds(slot.image, slot.value))
          ++spoilt[static_cast<std::size_t>(thread)];
        const auto value = static_cast<float>(1000 * thread + step);
        slot = {filled(static_cast<int>(std::pow(6 * MB, random.uniform())), value), value};
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(slot.image.data()) % 64, 0U);
      }
    });
    for (const int n : spoilt) EXPECT_EQ(n, 0);
  });
}

TEST(Image, MemoryOfFreedImagesIsUsedByOthersOfOtherSizes) {
#ifdef GIMBAL_SANITIZED
  GTEST_SKIP() << "sanitizers have their own memory";
#endif
  double before_MB = 0.0;
  long faults = 0;
  for (int round = 0; round < 3; ++round) {
    if (round == 2) faults = page_faults();  // earlier tests left pieces
    std::vector<Image<float>> small;
    for (int i = 0; i < 12; ++i) small.push_back(filled(8 * MB, 1.0F));
    if (round == 0) before_MB = resident_MB();
    small.clear();
    const auto large = filled(64 * MB, 2.0F);
    EXPECT_LT(resident_MB(), before_MB + 2.0);
  }
  EXPECT_LT(page_faults() - faults, 20);  // 80 when all are new, even in pages of 2 MB
}

TEST(Image, WhereNoPieceIsLongEnoughTheOthersAreGivenBack) {
#ifdef GIMBAL_SANITIZED
  GTEST_SKIP() << "sanitizers have their own memory";
#endif
  std::vector<Image<float>> images;
  for (int i = 0; i < 8; ++i) images.push_back(filled(20 * MB, 1.0F));
  const double before_MB = resident_MB();
  for (std::size_t i = 0; i < images.size(); i += 2) images[i] = Image<float>();
  const auto large = filled(70 * MB, 2.0F);  // four pieces of 20 MB are free
  EXPECT_LT(resident_MB(), before_MB + 2.0);
  for (std::size_t i = 1; i < images.size(); i += 2) EXPECT_TRUE(holds(images[i], 1.0F));
}

TEST(Image, MoreMemoryThanThereIsIsRefused) {
  EXPECT_THROW((Image<double>(1'000'000'000, 1'000'000'000)), std::bad_alloc);
}

}  // namespace
}  // namespace gimbal
