package cdf.dashboard;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** A file of the page. There are these and no others: a request's path is looked up, never resolved. */
record Asset(String resource, String contentType) {
    private static final String UPLOT = "/META-INF/resources/webjars/uplot/1.6.30/dist/";

    /** The files by their paths. */
    static Map<String, Asset> all() {
        Map<String, Asset> assets = new LinkedHashMap<>();
        assets.put("/", new Asset("index.html", "text/html; charset=utf-8"));
        assets.put("/style.css", new Asset("style.css", "text/css; charset=utf-8"));
        assets.put("/icon.svg", new Asset("icon.svg", "image/svg+xml"));
        for (String script : new String[] {
            "app",
            "batches",
            "changes",
            "charts",
            "dead-letters",
            "dom",
            "figures",
            "format",
            "stream",
            "tables",
            "theme",
            "verification"
        }) {
            assets.put("/" + script + ".js", new Asset(script + ".js", "text/javascript; charset=utf-8"));
        }
        assets.put("/uplot.js", new Asset(UPLOT + "uPlot.esm.js", "text/javascript; charset=utf-8"));
        assets.put("/uplot.css", new Asset(UPLOT + "uPlot.min.css", "text/css; charset=utf-8"));
        return assets;
    }

    byte[] bytes() {
        try (InputStream content = Asset.class.getResourceAsStream(resource)) {
            if (content == null) {
                throw new IllegalStateException("not packaged: " + resource);
            }
            return content.readAllBytes();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + resource, failure);
        }
    }
}
