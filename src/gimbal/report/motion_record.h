// SPDX-License-Identifier: GPL-3.0-or-later
// The record of one movie: a MovieReport as JSON text. A resumed job rebuilds its report from the
// records written earlier, so every number, byte and name comes back exactly; but not `order`,
// which depends on the other movies of the series.
#pragma once

#include "gimbal/report/motion_report.h"

#include <string>

namespace gimbal {

std::string movie_record_to_json(const MovieReport& movie);

// Throws Error, naming the member, when the text is not such a record.
MovieReport movie_record_from_json(const std::string& text);

}  // namespace gimbal
