package io.picaflor.weightcache;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How the blobs of a request were come by, for timings and for people.
 *
 * @param outcome where they came from
 * @param file the file that holds them; nothing if they are in memory
 * @param reason one line: where and how large, or why there is no file
 * @param bytes size of the file, or of the blobs in memory
 * @param packedBytes how many bytes were packed now
 * @param copiedBytes how many were taken from an older file
 */
public record CacheReport(CacheOutcome outcome, Optional<Path> file, String reason, long bytes, long packedBytes,
    long copiedBytes) {}
