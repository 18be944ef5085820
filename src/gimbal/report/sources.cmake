# SPDX-License-Identifier: GPL-3.0-or-later
target_sources(gimbal PRIVATE
  report/align_digest.cpp report/align_html.cpp report/align_pdf.cpp report/align_pictures.cpp
  report/align_plots.cpp report/align_record.cpp report/align_summary.cpp report/align_track_plots.cpp
  report/cairo_canvas.cpp report/compare_report.cpp report/exclude_html.cpp report/exclude_pdf.cpp report/exclude_report.cpp
  report/exclude_sheet.cpp report/greyscale.cpp report/html_assets.cpp report/html_page.cpp report/jpeg.cpp report/motion_html.cpp
  report/motion_pdf.cpp report/motion_plots.cpp report/motion_record.cpp
  report/motion_report.cpp report/motion_summary.cpp report/pdf_pages.cpp report/plot.cpp report/project.cpp
  report/project_html.cpp report/project_jobs.cpp report/project_lineage.cpp
  report/project_pictures.cpp report/recon_html.cpp
  report/recon_pdf.cpp report/recon_report.cpp report/record_values.cpp
  report/report_pictures.cpp report/slice_pictures.cpp report/slices.cpp report/summary_values.cpp report/survey_record.cpp report/svg_canvas.cpp
  report/text.cpp report/thumbnail.cpp
)
target_link_libraries(gimbal PRIVATE JPEG::JPEG)
