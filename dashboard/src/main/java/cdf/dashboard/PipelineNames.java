package cdf.dashboard;

/**
 * What the page calls the pipeline's parts.
 *
 * @param broker the broker's address, without secrets
 */
public record PipelineNames(String broker, String topic, String table) {}
