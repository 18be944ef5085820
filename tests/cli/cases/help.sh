# SPDX-License-Identifier: GPL-3.0-or-later
# Help goes to stdout with code 0; a missing or wrong command to stderr with code 2.
expect_code 0 gimbal --help
expect_out "Usage: gimbal COMMAND"
expect_code 0 gimbal --version
expect_out "gimbal 0."
expect_code 2 gimbal
expect_quiet
expect_code 2 gimbal no_such_command
expect_err "no_such_command"
expect_quiet
