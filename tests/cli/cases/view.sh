# SPDX-License-Identifier: GPL-3.0-or-later
# Pictures of single images, movies and volumes, and what is said of what cannot be shown.
gimbal simulate --preset tiny --nx 256 --ny 200 --tilt_min -3 --tilt_max 3 --tilt_step 3 --frames 3 --o . >/dev/null 2>&1
movie=$(ls frames/TS_01_000*)
expect_code 0 gimbal view frames/* --thick 0 --o pictures
[ "$(ls pictures | wc -l)" = 3 ]
expect_code 0 gimbal view "$movie" --thick 0 --o sum.png
expect_file sum.png
expect_code 0 gimbal view "$movie" --slice all --montage --columns 2 --size 64 --o pictures
expect_out "3 slices"
expect_code 0 gimbal view "$movie" --axis x --slice 1,100-200/50 --range=-1,5 --o pictures
expect_out "grey from -1 to 5"
[ "$(ls pictures/*_x0*.png | wc -l)" = 4 ]
expect_code 3 gimbal view none.mrc "$movie" --o pictures
expect_err "none.mrc"
expect_code 1 gimbal view "$movie" --slice 4 --o pictures
expect_err "numbers 1 to 3"
expect_code 2 gimbal view "$movie" --range 5,1
expect_err "--range is '5,1'"
expect_code 2 gimbal view frames/* --o one.png
expect_err "there are 3 files"
