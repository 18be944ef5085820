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
expect_code 2 gimbal motoin
expect_err "there is no command 'motoin'; did you mean 'motion'?"
# A mistyped option is named before what is missing; short ones are not guessed.
expect_code 2 gimbal motion --only-do-unfinishd --o here
expect_err "there is no option '--only-do-unfinishd'; did you mean '--only_do_unfinished'?"
expect_code 2 gimbal motion --hlep=1
expect_err "there is no option '--hlep'; did you mean '--help'?"
expect_code 2 gimbal motion --q x
grep -qx "gimbal motion: there is no option '--q'" err
# What an option takes may look like an option of another command.
expect_code 2 gimbal watch --motion --even_odd_split --every 1
expect_err "--o is required"
if grep -qF "there is no option" err; then failed "the value of --motion was taken for an option"; fi

# validate has exit codes of its own.
expect_code 0 gimbal validate --help
expect_out "Exit codes: 0 all is well"
expect_code 0 gimbal help --markdown validate
expect_out "(truncated) and 64 (inconsistent)"
if grep -qF "3 done but some items failed" out; then failed "validate's page has the other commands' exit codes"; fi
