// SPDX-License-Identifier: GPL-3.0-or-later
// A program of somebody else's that uses the installed library.
#include <gimbal/core/version.h>
#include <gimbal/motion/options.h>

#include <iostream>

int main() {
  gimbal::MotionOptions options;
  gimbal::OptionTable table;
  describe(options, table);
  options.patch_x = 3;
  table.validate();
  std::cout << "gimbal " << gimbal::version << ": " << options.patch_x << " patches\n";
}
