package cdf.cli;

import cdf.dashboard.PipelineNames;
import cdf.dashboard.Verdict;
import cdf.dashboard.Verifier;
import cdf.kafka.Topics;
import cdf.verify.Verification;
import cdf.verify.VerifySettings;

import java.util.Optional;

/** What the live page's button runs: {@code cdf verify} on the table that it shows. */
record PageVerifier(Topics topics, PipelineNames names) implements Verifier {
    @Override
    public Verdict verify() {
        VerifySettings settings =
                new VerifySettings(names.topic(), names.table(), Optional.empty(), false, Optional.empty());
        cdf.verify.Verdict found = new Verification(topics, settings, (what, done, of) -> {}).run();
        return new Verdict(
                found.verified(), found.rows(), found.time(), found.differenceCount(), VerifyReport.line(found));
    }
}
