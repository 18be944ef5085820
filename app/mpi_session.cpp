// SPDX-License-Identifier: GPL-3.0-or-later
#include "mpi_session.h"

#include "gimbal/core/error.h"

#include <cstdlib>
#include <iostream>

#ifdef GIMBAL_MPI
#include <mpi.h>

#include <chrono>
#include <thread>
#endif

namespace gimbal::app {
namespace {

// What Open MPI, MPICH and their relatives, and Slurm's PMI tell a process of its siblings.
bool started_with_others() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "MPI_LOCALNRANKS"})
    if (const char* value = std::getenv(name); value != nullptr && std::atoi(value) > 1)
      return true;
  const char* slurm = std::getenv("SLURM_NTASKS");
  return std::getenv("PMIX_RANK") != nullptr && slurm != nullptr && std::atoi(slurm) > 1;
}

}  // namespace

#ifdef GIMBAL_MPI

namespace {

bool running() {
  int is_started = 0, has_ended = 0;
  MPI_Initialized(&is_started);
  MPI_Finalized(&has_ended);
  return is_started != 0 && has_ended == 0;
}

std::string receive_found(MPI_Status& status) {
  int size = 0;
  MPI_Get_count(&status, MPI_CHAR, &size);
  std::string text(static_cast<std::size_t>(size), '\0');
  MPI_Recv(text.data(), size, MPI_CHAR, status.MPI_SOURCE, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  return text;
}

}  // namespace

MpiSession::MpiSession() {
  if (!started_with_others()) return;
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
  if (provided < MPI_THREAD_SERIALIZED)
    fail("this MPI lets only one thread of a process send messages; use one built with threads");
  if (mpi_rank() == 0) return;
  std::cout.rdbuf(nullptr);
  std::cerr.rdbuf(nullptr);
}

MpiSession::~MpiSession() {
  if (running()) MPI_Finalize();
}

int mpi_rank() {
  int rank = 0;
  if (running()) MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  return rank;
}

int mpi_size() {
  int size = 1;
  if (running()) MPI_Comm_size(MPI_COMM_WORLD, &size);
  return size;
}

void mpi_send(int to, const std::string& text) {
  MPI_Send(text.data(), static_cast<int>(text.size()), MPI_CHAR, to, 0, MPI_COMM_WORLD);
}

std::optional<std::pair<int, std::string>> mpi_receive_any() {
  int found = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &found, &status);
  if (found == 0) return std::nullopt;
  return std::pair(status.MPI_SOURCE, receive_found(status));
}

std::string mpi_receive(int from) {
  for (;;) {
    int found = 0;
    MPI_Status status;
    MPI_Iprobe(from, 0, MPI_COMM_WORLD, &found, &status);
    if (found != 0) return receive_found(status);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

#else

MpiSession::MpiSession() {
  if (started_with_others())
    fail(
        "started as one of several ranks, but this gimbal was built without MPI: build it with "
        "libopenmpi-dev installed, or start it alone");
}
MpiSession::~MpiSession() = default;
int mpi_rank() {
  return 0;
}
int mpi_size() {
  return 1;
}
void mpi_send(int, const std::string&) {
  fail("there is no other rank");
}
std::string mpi_receive(int) {
  fail("there is no other rank");
}
std::optional<std::pair<int, std::string>> mpi_receive_any() {
  return std::nullopt;
}

#endif

}  // namespace gimbal::app
