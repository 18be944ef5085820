// SPDX-License-Identifier: GPL-3.0-or-later
// Processes started together by mpirun or srun: texts from one to another. The only place that
// knows MPI. Without MPI, or started alone, there is rank 0 of 1.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace gimbal::app {

// For the whole of main(). Starts MPI only in a process that mpirun or srun started, so that others
// neither wait for it nor need it to work. Throws if there are several ranks, but no MPI in gimbal.
// Ranks but the first one are made silent: rank 0 speaks for all.
class MpiSession {
 public:
  MpiSession();
  ~MpiSession();  // NOLINT(performance-trivially-destructible): it ends MPI, where there is MPI
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;
};

int mpi_rank();
int mpi_size();

// One thread of a process at a time.
void mpi_send(int to, const std::string& text);
std::string mpi_receive(int from);                             // waits, without taking a core
std::optional<std::pair<int, std::string>> mpi_receive_any();  // does not wait

}  // namespace gimbal::app
