/**
 * Networks from the {@code config.json} a checkpoint comes with, and the names of its tensors. May use
 * {@code core.graph}, {@code core.tensor}, {@code core.io} and the packages below this one.
 */
package org.mixdq4j.core.network;
