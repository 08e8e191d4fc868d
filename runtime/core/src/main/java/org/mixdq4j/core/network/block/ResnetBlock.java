package org.mixdq4j.core.network.block;

import java.util.Optional;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.tensor.Shape;

/** diffusers' ResnetBlock2D with the time embedding added between its convolutions (or none). */
public final class ResnetBlock {
    private final int groups;
    private final double epsilon;
    private final Optional<Value> time;

    /** @param time the embedding after its activation, [B, E]; empty in autoencoders */
    public ResnetBlock(int groups, double epsilon, Optional<Value> time) {
        this.groups = groups;
        this.epsilon = epsilon;
        this.time = time;
    }

    /** [B, C, H, W] to [B, outputs, H, W]. */
    public Value build(ModuleScope at, Value x, int outputs) {
        Value h = at.silu("nonlinearity_1", at.groupNorm("norm1", x, groups, epsilon));
        h = at.conv("conv1", h, outputs, 3);
        if (time.isPresent()) {
            Value shift = at.linear("time_emb_proj", time.get(), outputs, true);
            Shape perChannel = Shape.of(shift.shape().dim(0), outputs, 1, 1);
            h = at.add("add_time", h, at.op("time_per_channel", new Reshape(perChannel), shift));
        }
        h = at.silu("nonlinearity_2", at.groupNorm("norm2", h, groups, epsilon));
        h = at.conv("conv2", h, outputs, 3);
        Value shortcut = x.shape().dim(1) == outputs ? x : at.conv("conv_shortcut", x, outputs, 1);
        return at.returns(at.add("add", shortcut, h));
    }
}
