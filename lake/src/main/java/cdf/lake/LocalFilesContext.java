package cdf.lake;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.DelegateToFileSystem;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;

/** {@link LocalFiles} as Hadoop's FileContext, the newer of its two interfaces, wants it. */
public final class LocalFilesContext extends DelegateToFileSystem {
    /** Called by Hadoop. */
    public LocalFilesContext(URI uri, Configuration configuration) throws IOException, URISyntaxException {
        super(uri, new LocalFiles.Raw(), configuration, "file", false);
    }
}
