// SPDX-License-Identifier: GPL-3.0-or-later
// Tilts named by people: "TS_01:1,40-41; TS_02:-60.0,54..60deg; TS_1*:*_007.tif".
//
// Parts are separated by ';'. A part is the name of a tilt series (with '*' and '?' for any
// characters), ':' and items separated by ','. Without name and ':' it is about the only series
// there is. An item is
//   12           the number of a tilt: its row, from 1
//   40-41        numbers from - to
//   -60.0, 12deg an angle: with sign, decimal point or unit; the tilt nearest to it, within 0.5
//                degrees, and all others at the same angle (within 0.05)
//   51..60       angles from .. to, ends included
//   *            all tilts
//   x_007.tif    a movie or image: as in the STAR file, or without its folder or extension; with
//                '*' and '?'
#pragma once

#include "gimbal/data/tilt_series.h"

#include <string>
#include <vector>

namespace gimbal {

// For each tilt of each series, whether the texts name it. Every part has to name a series and
// every item a tilt: otherwise a UsageError says which one does not, what could stand there, and
// which names are near. `option` is what the message calls the text ("--tilts").
std::vector<std::vector<bool>> select_tilts(const std::vector<std::string>& texts,
                                            const std::vector<TiltSeries>& series,
                                            const std::string& option);

}  // namespace gimbal
