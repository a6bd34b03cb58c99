/**
 * The weight cache: a file of packed blobs, found by content, mapped read-only, built once, shared by processes.
 *
 * <p>{@link io.picaflor.weightcache.WeightCache} opens or builds, {@link io.picaflor.weightcache.PackedBlobs} is what it
 * hands out, {@link io.picaflor.weightcache.SourceRecords} spares a warm start the hashing of the model, and
 * {@link io.picaflor.weightcache.CacheInventory} lists, verifies and removes. Keys and blobs are opaque here: nothing knows
 * of models, tensors or kernels. The file is described in docs/weight-cache-format.md.
 */
package io.picaflor.weightcache;
