// SPDX-License-Identifier: GPL-3.0-or-later
#include "gimbal/data/relion_pipeline.h"

#include "gimbal/core/error.h"

#include <gtest/gtest.h>

namespace gimbal {
namespace {

// As RELION 5.0.1 leaves it after an import and a motion correction with an alias.
constexpr const char* relions = R"(
# version 50001

data_pipeline_general

_rlnPipeLineJobCounter                       3
 

# version 50001

data_pipeline_processes

loop_ 
_rlnPipeLineProcessName #1 
_rlnPipeLineProcessAlias #2 
_rlnPipeLineProcessTypeLabel #3 
_rlnPipeLineProcessStatusLabel #4 
Import/job001/       None relion.importtomo  Succeeded 
MotionCorr/job002/ MotionCorr/first/ relion.motioncorr.own    Running 
 

# version 50001

data_pipeline_nodes

loop_ 
_rlnPipeLineNodeName #1 
_rlnPipeLineNodeTypeLabel #2 
_rlnPipeLineNodeTypeLabelDepth #3 
Import/job001/tilt_series.star TomogramGroupMetadata.star.relion.tomo.import            1 
 

# version 50001

data_pipeline_input_edges

loop_ 
_rlnPipeLineEdgeFromNode #1 
_rlnPipeLineEdgeProcess #2 
Import/job001/tilt_series.star MotionCorr/job002/ 
 

# version 50001

data_pipeline_output_edges

loop_ 
_rlnPipeLineEdgeProcess #1 
_rlnPipeLineEdgeToNode #2 
Import/job001/ Import/job001/tilt_series.star 
)";

RelionPipeline relions_pipeline() {
  return RelionPipeline(parse_star(relions, "default_pipeline.star"));
}

std::size_t rows(const RelionPipeline& pipeline, const char* block) {
  const auto document = pipeline.document();
  const auto* table = document.find(block);
  return table == nullptr ? 0 : table->n_rows();
}

PipelineJob alignment(const std::string& name) {
  return {name,
          "relion.aligntiltseries",
          {{"MotionCorr/first/corrected_tilt_series.star", "TomogramGroupMetadata.star.relion"}},
          {{name + "aligned_tilt_series.star", "Aligned"}, {name + "logfile.pdf", "LogFile"}}};
}

TEST(RelionPipeline, ANewJobGetsItsNumberNodesAndEdges) {
  auto pipeline = relions_pipeline();
  EXPECT_EQ(pipeline.next_job(), 3);
  EXPECT_EQ(pipeline.next_name("AlignTiltSeries"), "AlignTiltSeries/job003/");
  pipeline.start(alignment("AlignTiltSeries/job003/"));
  EXPECT_EQ(pipeline.next_job(), 4);
  EXPECT_TRUE(pipeline.has("AlignTiltSeries/job003/"));
  const auto document = pipeline.document();
  const auto& jobs = document.at("pipeline_processes");
  EXPECT_EQ(jobs.at(2, "rlnPipeLineProcessAlias"), "None");
  EXPECT_EQ(jobs.at(2, "rlnPipeLineProcessTypeLabel"), "relion.aligntiltseries");
  EXPECT_EQ(jobs.at(2, "rlnPipeLineProcessStatusLabel"), "Running");
  // The alias became the name of the job, and the node belongs to it.
  const auto& inputs = document.at("pipeline_input_edges");
  EXPECT_EQ(inputs.at(1, "rlnPipeLineEdgeFromNode"),
            "MotionCorr/job002/corrected_tilt_series.star");
  EXPECT_EQ(inputs.at(1, "rlnPipeLineEdgeProcess"), "AlignTiltSeries/job003/");
  EXPECT_EQ(pipeline.outputs("MotionCorr/job002/").size(), 1U);
  const auto outputs = pipeline.outputs("AlignTiltSeries/job003/");
  ASSERT_EQ(outputs.size(), 2U);
  EXPECT_EQ(outputs[0].name, "AlignTiltSeries/job003/aligned_tilt_series.star");
  EXPECT_EQ(outputs[0].type, "Aligned");
}

TEST(RelionPipeline, AJobThatIsContinuedIsNotListedTwice) {
  auto pipeline = relions_pipeline();
  pipeline.start(alignment("AlignTiltSeries/job003/"));
  pipeline.set_status("AlignTiltSeries/job003/", PipelineStatus::failed);
  const auto before = pipeline.document();
  pipeline.start(alignment("AlignTiltSeries/job003/"));
  pipeline.set_status("AlignTiltSeries/job003/", PipelineStatus::failed);
  EXPECT_EQ(star_text(pipeline.document()), star_text(before));
}

TEST(RelionPipeline, OnlyWhatChangesIsChanged) {
  auto pipeline = relions_pipeline();
  const auto text = star_text(pipeline.document());
  pipeline.set_status("MotionCorr/job002/", PipelineStatus::aborted);
  auto expected = text;
  const auto at = expected.find("  Running");
  ASSERT_NE(at, std::string::npos);
  expected.replace(at, 9, "  Aborted");
  EXPECT_EQ(star_text(pipeline.document()), expected);
  EXPECT_THROW(pipeline.set_status("MotionCorr/job009/", PipelineStatus::failed), Error);
}

TEST(RelionPipeline, AnEmptyProjectBeginsWithJobOne) {
  RelionPipeline pipeline;
  EXPECT_EQ(pipeline.next_name("Import"), "Import/job001/");
  // Loops without rows are not written, and may be missing when they are read.
  EXPECT_EQ(rows(pipeline, "pipeline_general"), 1U);
  EXPECT_EQ(pipeline.document().tables.size(), 1U);
  RelionPipeline again(parse_star(star_text(pipeline.document()), "x"));
  again.start({"Import/job001/", "relion.importtomo", {}, {{"Import/job001/t.star", "T"}}});
  EXPECT_EQ(rows(again, "pipeline_processes"), 1U);
  EXPECT_EQ(again.next_job(), 2);
}

TEST(RelionPipeline, TheCounterNeverGivesANumberThatIsTaken) {
  auto pipeline = relions_pipeline();
  pipeline.start({"External/job017/", "relion.external", {}, {}});
  EXPECT_EQ(pipeline.next_job(), 18);
}

TEST(RelionPipeline, OtherFilesAreRefused) {
  EXPECT_THROW(RelionPipeline(parse_star("data_x\n\n_a 1\n", "x")), Error);
  std::string older = relions;
  for (auto at = older.find("TypeLabel"); at != std::string::npos; at = older.find("TypeLabel"))
    older.replace(at, 9, "Type");
  EXPECT_THROW(RelionPipeline(parse_star(older, "x")), Error);
  auto pipeline = relions_pipeline();
  EXPECT_THROW(pipeline.start({"somewhere", "t", {}, {}}), Error);
}

TEST(RelionPipeline, NamesOfJobsAreRecognised) {
  EXPECT_EQ(relion_job_number("MotionCorr/job002/"), 2);
  EXPECT_EQ(relion_job_number("External/job1234/"), 1234);
  for (const auto* other : {"MotionCorr/job002", "job002/", "a/b/job002/", "MotionCorr/run2/",
                            "MotionCorr/job/", "MotionCorr/job-2/", "/job002/", "../job002/"})
    EXPECT_FALSE(relion_job_number(other)) << other;
}

TEST(RelionPipeline, FilesOfAJobHaveRelionsForm) {
  const auto job = star_text(relion_job_star("relion.motioncorr.own", {{"b", ""}, {"a", "x y"}}));
  const auto back = parse_star(job, "job.star");
  EXPECT_EQ(back.at("job").at(0, "rlnJobIsTomo"), "1");
  const auto& values = back.at("joboptions_values");
  ASSERT_EQ(values.n_rows(), 2U);
  EXPECT_EQ(values.at(0, "rlnJobOptionVariable"), "a");
  EXPECT_EQ(values.at(0, "rlnJobOptionValue"), "x y");
  EXPECT_EQ(values.at(1, "rlnJobOptionValue"), "");
  const auto nodes = relion_output_nodes({{"External/job001/t.star", "T.star"}});
  EXPECT_EQ(nodes.at("output_nodes").at(0, "rlnPipeLineNodeTypeLabel"), "T.star");
}

}  // namespace
}  // namespace gimbal
