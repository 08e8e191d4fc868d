/**
 * Group norms. {@code SlicedGroupNorms} is for halves: statistics of slices of a sample's rows, then a pass over all rows; the
 * slices follow from one sample's size, so that neither the batch nor the device changes a bit. {@code GroupNorms} takes what it
 * leaves. May use {@code cuda.pointwise}, {@code cuda.bind}, {@code cuda.device} and {@code cuda.finish}.
 *
 * <p>One launch does both passes for a single sample: its blocks wait for each other, which ends only if all of them are on the
 * device at once. There are never more than multiprocessors, and nothing else runs beside them on the stream. Where other
 * programs share the GPU at the same moment (MPS) this is not certain.
 *
 * <p>These two passes are the largest cost that is left besides products: on an H200 a norm of 64 x 64 x 320 takes 8.3 us, a
 * pass at the speed of a copy 3. The sums could be made where the values are: in the end of the convolution before, whose tiles
 * hold whole groups (80 and 160 outputs are groups of 10, 20, 40). It would take (1) an output of a product that is a pair of
 * sums for each group and tile of rows, which the planner adds where a Normalize is the only reader; (2) tiles whose rows do not
 * depend on the batch, because they take the place of slices; (3) a second kind of groupApply that combines them. Then one launch
 * is left. A joined input needs sums of both parts, and a group that reaches over their border both.
 */
package org.mixdq4j.cuda.norm;
