"""Writes pictures' figures of prompts as users of UIs have them: expected.json, and the embeddings they use.

python record.py DIFFUSERS_SRC CASES OUT   (CASES: util_files/cases, OUT: its prompts)
Embeddings and clip skip are diffusers' own; weights and chunks are computed here, from the rules of AUTOMATIC1111's web UI.
"""
import sys, json, re, os, tempfile, shutil
sys.path.insert(0, sys.argv[1])
cases, out = sys.argv[2], sys.argv[3]
import torch
from safetensors.torch import load_file, save_file
from diffusers import DiffusionPipeline

STEPS, GUIDANCE, SEED = 4, 5.0, 7
g = torch.Generator().manual_seed(1)
def vec(*shape): return torch.randn(*shape, generator=g) * 0.3
save_file({"emb_params": vec(3, 16)}, out + "/style.safetensors")
save_file({"<cat>": vec(16).half()}, out + "/learned_embeds.safetensors")
save_file({"clip_l": vec(2, 16), "clip_g": vec(2, 8)}, out + "/both.safetensors")

# The random models' final norm changes nothing, and the mean of its output is zero: emphasis divides by it.
os.makedirs(out + "/model/text_encoder", exist_ok=True)
encoder = load_file(f"{cases}/base/sd15/text_encoder/model.safetensors")
for key in encoder:
    if "final_layer_norm" in key: encoder[key] = (encoder[key].float() + 0.3 * vec(16).abs() + 0.1).half()
save_file(encoder, out + "/model/text_encoder/model.safetensors", metadata={"format": "pt"})

def folder(name):
    d = tempfile.mkdtemp()
    case = json.load(open(f"{cases}/{name}/case.json"))
    shutil.copytree(f"{cases}/base/{case['base']}", d, dirs_exist_ok=True)
    if os.path.isdir(f"{cases}/{name}/model"): shutil.copytree(f"{cases}/{name}/model", d, dirs_exist_ok=True)
    return d
def pipe(name):
    d = folder(name)
    shutil.copytree(out + "/model", d, dirs_exist_ok=True)
    # Not the scheduler with zero terminal SNR, which divides by next to nothing.
    shutil.copytree(f"{cases}/base/sd15/scheduler", d + "/scheduler", dirs_exist_ok=True)
    p = DiffusionPipeline.from_pretrained(d, torch_dtype=torch.float32)
    p.set_progress_bar_config(disable=True)
    if not hasattr(p.text_encoder, "text_model"):
        # transformers 5 has no such attribute any more; diffusers' clip_skip still takes the final norm from there.
        p.text_encoder.__dict__["text_model"] = p.text_encoder
    return p
def figures(image):
    px = lambda r, c: [round(float(v), 5) for v in image[r, c]]
    return {"mean": round(float(image.mean()), 6), "std": round(float(image.std(unbiased=False)), 6),
            "pixel_0_0": px(0, 0), "pixel_20_30": px(20, 30), "pixel_63_63": px(63, 63)}
def draw(p, **kw):
    r = p(num_inference_steps=STEPS, guidance_scale=GUIDANCE, generator=torch.Generator().manual_seed(SEED), output_type="pt", **kw)
    return figures(r.images[0].permute(1, 2, 0))

results = []
def add(name, case, args, image, **more):
    results.append({"name": name, "case": case, "arguments": args, **more, "image": image})

SD, XL = "00-plain", "05-trailing-is-not-turbo"
p = pipe(SD)
add("clip skip", SD, ["--prompt", "a red circle", "--negative", "a blue square", "--clip-skip", "1"],
    draw(p, prompt="a red circle", negative_prompt="a blue square", clip_skip=1))
p = pipe(XL)
add("clip skip of two encoders", XL, ["--prompt", "a red circle", "--negative", "a blue square", "--clip-skip", "1"],
    draw(p, prompt="a red circle", negative_prompt="a blue square", clip_skip=1))
p = pipe(SD)
p.load_textual_inversion(out + "/style.safetensors", token="style")
p.load_textual_inversion(out + "/learned_embeds.safetensors")
ids = p.tokenizer(p.maybe_convert_prompt("a <cat> in style", p.tokenizer)).input_ids
add("embeddings", SD, ["--embedding", "style.safetensors", "--embedding", "learned_embeds.safetensors", "--prompt", "a <cat> in style", "--negative", "style"],
    draw(p, prompt="a <cat> in style", negative_prompt="style"), ids=ids)
p = pipe(SD)
p.load_textual_inversion(out + "/style.safetensors", token="<new>")
add("embedding by another word", SD, ["--embedding", "style.safetensors:<new>", "--prompt", "a <new> circle"], draw(p, prompt="a <new> circle"))
p = pipe(XL)
both = load_file(out + "/both.safetensors")
p.load_textual_inversion(both["clip_l"], token="both", text_encoder=p.text_encoder, tokenizer=p.tokenizer)
p.load_textual_inversion(both["clip_g"], token="both", text_encoder=p.text_encoder_2, tokenizer=p.tokenizer_2)
add("embedding of two encoders", XL, ["--embedding", "both.safetensors", "--prompt", "a both circle", "--negative", "both, red"], draw(p, prompt="a both circle", negative_prompt="both, red"))

# --- weights and chunks
def parse(text):
    """[(text or None for BREAK, weight)], written from the web UI's description of its syntax."""
    items, round_, square = [], [], []
    def mul(i, f):
        for j in range(i, len(items)): items[j][1] *= f
    i = 0
    while i < len(text):
        c = text[i]
        if c == "\\":
            n = text[i + 1:i + 2]
            if n and n in "()[]\\": items.append([n, 1.0]); i += 2
            else: items.append(["", 1.0]); i += 1
            continue
        w = re.match(r":\s*([+-]?[.\d]+)\s*\)", text[i:])
        if c == "(": round_.append(len(items)); i += 1
        elif c == "[": square.append(len(items)); i += 1
        elif w and round_: mul(round_.pop(), float(w.group(1))); i += w.end()
        elif c == ")" and round_: mul(round_.pop(), 1.1); i += 1
        elif c == "]" and square: mul(square.pop(), 1 / 1.1); i += 1
        else:
            run = w.group(0) if w else (re.match(r"[^\\()\[\]:]+", text[i:]) or re.match(r".", text[i:], re.S)).group(0)
            i += len(run)
            parts = re.split(r"\s*\bBREAK\b\s*", run)
            for k, part in enumerate(parts):
                if k: items.append(["BREAK", -1])
                items.append([part, 1.0])
    for pos in round_: mul(pos, 1.1)
    for pos in square: mul(pos, 1 / 1.1)
    merged = []
    for t, w in items or [["", 1.0]]:
        if merged and merged[-1][1] == w: merged[-1][0] += t
        else: merged.append([t, w])
    return merged
def chunks(tok, text):
    comma = tok.get_vocab()[",</w>"]
    done, ids, ws, last = [], [], [], -1
    def flush():
        nonlocal ids, ws, last
        done.append(([tok.bos_token_id] + ids + [tok.eos_token_id] + [tok.pad_token_id] * (75 - len(ids)), [1.0] + ws + [1.0] * (76 - len(ws))))
        ids, ws, last = [], [], -1
    for t, w in parse(text):
        if t == "BREAK" and w == -1: flush(); continue
        for id in tok(t, add_special_tokens=False).input_ids:
            if id == comma: last = len(ids)
            elif len(ids) == 75 and last != -1 and 75 - last <= 20:
                ri, rw = ids[last + 1:], ws[last + 1:]
                ids, ws = ids[:last + 1], ws[:last + 1]
                flush(); ids, ws = ri, rw
            if len(ids) == 75: flush()
            ids.append(id); ws.append(w)
    if ids or not done: flush()
    return done
def emphasized(z, ws):
    m = z.mean(); z = z * torch.tensor(ws).reshape(1, -1, 1); return z * (m / z.mean())
def hidden(enc, ids, skip=0, xl=False):
    o = enc(torch.tensor([ids]), output_hidden_states=True)
    if xl: return o.hidden_states[-2 - skip], o[0]
    if not skip: return o.last_hidden_state, None
    return enc.text_model.final_layer_norm(o.hidden_states[-1 - skip]), None
@torch.no_grad()
def embed(tok, enc, text, skip=0, xl=False):
    cs = chunks(tok, text)
    zs = [hidden(enc, ids, skip, xl) for ids, _ in cs]
    return torch.cat([emphasized(z, ws) for (z, _), (_, ws) in zip(zs, cs)], 1), zs[0][1]
@torch.no_grad()
def loop(p, pos, neg, extra_pos=None, extra_neg=None):
    """Both sides apart, so that they may differ in length."""
    gen = torch.Generator().manual_seed(SEED)
    side = p.unet.config.sample_size
    p.scheduler.set_timesteps(STEPS)
    x = torch.randn(1, 4, side, side, generator=gen) * p.scheduler.init_noise_sigma
    for t in p.scheduler.timesteps:
        inp = p.scheduler.scale_model_input(x, t)
        e = lambda ctx, extra: p.unet(inp, t, ctx, added_cond_kwargs=extra).sample
        n, c = e(neg, extra_neg), e(pos, extra_pos)
        x = p.scheduler.step(n + GUIDANCE * (c - n), t, x, generator=gen).prev_sample
    image = p.vae.decode(x / p.vae.config.scaling_factor).sample
    return figures((image / 2 + 0.5).clamp(0, 1)[0].permute(1, 2, 0))

p = pipe(SD)
for name, pos, neg, skip in [
    ("weights", "a (red:1.3) ((circle)) in [snow], \\(really\\), (unclosed", "(blue:0.5)", 0),
    ("weights and clip skip", "a (red:1.4) circle", "a [[blue]] square", 1),
    ("chunks on one side", "a red circle, " * 20 + "(a green star:1.2)", "a blue square", 0),
    ("chunks on both sides, BREAK", "a red circle BREAK a (blue:1.5) square BREAK a star", "a cat BREAK a dog", 0),
]:
    sides = [embed(p.tokenizer, p.text_encoder, t, skip)[0] for t in (pos, neg)]
    args = ["--prompt-style", "a1111", "--prompt", pos, "--negative", neg] + (["--clip-skip", str(skip)] if skip else [])
    add(name, SD, args, loop(p, *sides), tokens=[s.shape[1] for s in sides])
p = pipe(XL)
def xl(text):
    l, _ = embed(p.tokenizer, p.text_encoder, text, xl=True)
    h, pooled = embed(p.tokenizer_2, p.text_encoder_2, text, xl=True)
    return torch.cat([l, h], -1), {"text_embeds": pooled, "time_ids": torch.tensor([[64., 64, 0, 0, 64, 64]])}
pos, neg = "a (red:1.3) circle, " * 24 + "in snow", "a (blue:1.2) square"
a, b = xl(pos), xl(neg)
add("weights and chunks of two encoders", XL, ["--prompt-style", "a1111", "--prompt", pos, "--negative", neg], loop(p, a[0], b[0], a[1], b[1]), tokens=[a[0].shape[1], b[0].shape[1]])
parses = {t: [[x, round(w, 12)] for x, w in parse(t)] for t in [
    "normal text", "an (important) word", "(unbalanced", "\\(literal\\]", "(unnecessary)(parens)",
    "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).", "a:b (c:d) ] ) :1.2) x", "(a BREAK b) BREAK c", "BREAK", "", "[[x]] \\\\ \\x", "(a: 1.5 ) (b:-0.5)", "((a:1.2) b:0.8)", "x BREAKfast"]}
json.dump({"num_inference_steps": STEPS, "guidance_scale": GUIDANCE, "seed": SEED, "parsed": parses, "pictures": results}, open(out + "/expected.json", "w"), indent=1)
for r in results: print(r["name"], r["image"]["mean"], r.get("tokens"), r.get("ids"))
