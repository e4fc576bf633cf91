/** What a change is: events, rows and the JSON envelope, read and written; a table's schema, and events decoded by it. */
@NullMarked
package cdf.change;

import org.jspecify.annotations.NullMarked;
