/** The web page that shows the pipeline live, and the metrics endpoint: an application feeds them and plugs them in. */
@NullMarked
package cdf.dashboard;

import org.jspecify.annotations.NullMarked;
