/**
 * Building blocks that several networks share: resnet, down- and upsampler, attention, and the scope that names their
 * nodes. May use {@code core.graph}.
 */
package org.mixdq4j.core.network.block;
