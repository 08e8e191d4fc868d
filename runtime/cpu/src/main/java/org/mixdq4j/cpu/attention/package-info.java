/**
 * Attention of lowered programs, in floats or in integers. The scores of a block of queries of one head are computed, made
 * weights and used up before the next block's: no matrix of all scores ever is. May use {@code core.lower}, {@code
 * cpu.session}, {@code cpu.vector}, {@code cpu.onednn}.
 */
package org.mixdq4j.cpu.attention;
