package org.mixdq4j.core.network.mmdit;

import java.util.List;
import java.util.stream.Stream;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.mmdit.JointAttention.Streams;

/**
 * diffusers' JointTransformerBlock: picture and text each go through adaptive norms, the attention they share and
 * feed-forward layers of their own.
 *
 * @param condition timestep and pooled text after the activation that every adaptive norm applies first, [B, C]
 */
record JointBlock(JointAttention attention, Value condition) {
    private static final int FEED_FORWARD = 4;

    /** Rows of adaLN-Zero in the order its layer gives them. */
    private static final List<String> ZERO =
            List.of("shift_msa", "scale_msa", "gate_msa", "shift_mlp", "scale_mlp", "gate_mlp");
    /** The same where the picture attends to itself as well. */
    private static final List<String> ZERO_DUAL = Stream.concat(
                    ZERO.stream(), Stream.of("shift_msa2", "scale_msa2", "gate_msa2"))
            .toList();

    private static final List<String> CONTINUOUS = List.of("scale", "shift");

    /**
     * @param dual whether the picture attends to itself as well
     * @param last whether nothing reads the text behind this block; it then is null
     */
    Streams build(ModuleScope at, Streams in, boolean dual, boolean last) {
        ModuleScope imageNorm = at.child("norm1");
        ModuleScope textNorm = at.child("norm1_context");
        Modulation ofImage = modulation(imageNorm, in.image(), dual ? ZERO_DUAL : ZERO);
        Modulation ofText = last ? null : modulation(textNorm, in.text(), ZERO);
        Value normal = Modulation.norm(imageNorm, "norm", in.image());
        Value attending = imageNorm.returns(modulate(imageNorm, normal, ofImage, "msa"));
        Value reading = last
                ? continuous(textNorm, in.text(), condition)
                : textNorm.returns(modulate(textNorm, Modulation.norm(textNorm, "norm", in.text()), ofText, "msa"));
        Streams mixed = attention.joint(at.child("attn"), new Streams(attending, reading), !last);
        Value image = addGated(at, "attn", in.image(), mixed.image(), ofImage.row("gate_msa"));
        if (dual) {
            Value self = attention.alone(at.child("attn2"), modulate(imageNorm, normal, ofImage, "msa2"));
            image = addGated(at, "attn2", image, self, ofImage.row("gate_msa2"));
        }
        image = at.returns(feedForward(at, "", image, ofImage));
        if (last) {
            return new Streams(image, null);
        }
        Value text = addGated(at, "attn_context", in.text(), mixed.text(), ofText.row("gate_msa"));
        return new Streams(image, feedForward(at, "_context", text, ofText));
    }

    /** An adaptive norm whose result nothing gates. */
    static Value continuous(ModuleScope at, Value x, Value condition) {
        Modulation rows = Modulation.of(at, condition, x.shape().dim(-1), CONTINUOUS);
        Value normal = Modulation.norm(at, "norm", x);
        return at.returns(Modulation.modulate(at, "modulated", normal, rows.row("scale"), rows.row("shift")));
    }

    private Value feedForward(ModuleScope at, String stream, Value x, Modulation rows) {
        int features = x.shape().dim(-1);
        Value normal = Modulation.norm(at, "norm2" + stream, x);
        Value h = modulate(at.child("norm2" + stream), normal, rows, "mlp");
        ModuleScope ff = at.child("ff" + stream);
        h = ff.linear("net.0.proj", h, FEED_FORWARD * features, true);
        h = ff.op("net.0", new Activate(Activate.Function.GELU_TANH), h);
        h = ff.returns(ff.linear("net.2", h, features, true));
        return addGated(at, "ff" + stream, x, h, rows.row("gate_mlp"));
    }

    private Modulation modulation(ModuleScope norm, Value x, List<String> rows) {
        return Modulation.of(norm, condition, x.shape().dim(-1), rows);
    }

    private static Value modulate(ModuleScope at, Value normal, Modulation rows, String use) {
        return Modulation.modulate(at, "for_" + use, normal, rows.row("scale_" + use), rows.row("shift_" + use));
    }

    private static Value addGated(ModuleScope at, String module, Value x, Value change, Value gate) {
        return at.add("add_" + module, x, at.mul("gated_" + module, change, gate));
    }
}
