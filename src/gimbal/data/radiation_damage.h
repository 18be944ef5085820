// SPDX-License-Identifier: GPL-3.0-or-later
// How the specimen's detail fades with dose (Grant & Grigorieff 2015, eLife 4:e06980): amplitudes
// by exp(-dose / (2 Ne(f))), Ne = 0.245 f^-1.665 + 2.81 e/A^2 at 300 kV (f in 1/A).
#pragma once

namespace gimbal {

// Ne at 300 kV, lowered to 0.8 at 200 kV and 0.64 at 100 kV, linear in between.
double critical_dose_e_A2(double cycles_per_A, double voltage_kV);

}  // namespace gimbal
