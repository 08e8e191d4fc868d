"""Records trajectories of diffusers' schedulers: util_files/fixtures/schedulers.

    PYTHONPATH=DIFFUSERS/src python scripts/record_schedulers.py util_files/fixtures/schedulers

Needs torch, safetensors, scipy, and torchsde for DPMSolverSDEScheduler. The network is tanh(0.7 * input + 0.1 * t / 1000). Start noise and the noise of steps are the same in all cases; a step that
draws noise takes the next one. cases.json says configuration and steps of each case, trajectories.safetensors holds its
timesteps, its sigmas where there is one more than timesteps, and the sample after each step.
"""

import importlib
import json
import sys
from pathlib import Path

import diffusers
import torch
from safetensors.torch import save_file

SHAPE = (1, 4, 4, 4)
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
LEADING = {**SD, "timestep_spacing": "leading", "steps_offset": 1}
# What SD1.5 is published with; another class reads of it what it knows.
SD15 = {**LEADING, "skip_prk_steps": True, "set_alpha_to_one": False, "clip_sample": False, "trained_betas": None}
ZERO_SNR = {**SD, "rescale_betas_zero_snr": True, "prediction_type": "v_prediction", "timestep_spacing": "trailing"}
FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0}
COSINE = {"beta_schedule": "squaredcos_cap_v2"}
TRAINED = {"trained_betas": [round(1e-4 + (0.013 * i / 999) ** 1.5 * 9, 7) for i in range(1000)]}
EULER_A = "EulerAncestralDiscreteScheduler"
EULER, HEUN, LMS = "EulerDiscreteScheduler", "HeunDiscreteScheduler", "LMSDiscreteScheduler"
DPM2, DPM2A = "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler"
MULTI, SINGLE, SDE = "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler", "DPMSolverSDEScheduler"
UNIPC, DEIS, PNDM = "UniPCMultistepScheduler", "DEISMultistepScheduler", "PNDMScheduler"
DDPM, DDIM, TCD, LCM = "DDPMScheduler", "DDIMScheduler", "TCDScheduler", "LCMScheduler"
FLOW_EULER, FLOW_HEUN = "FlowMatchEulerDiscreteScheduler", "FlowMatchHeunDiscreteScheduler"
LEVELS = ["use_karras_sigmas", "use_exponential_sigmas", "use_beta_sigmas"]
PREDICTIONS = ["v_prediction", "sample"]


def cases():
    """(class, settings, number of steps or list of timesteps)"""
    for name in (EULER, HEUN, LMS, DPM2, DPM2A, SDE, MULTI, SINGLE, UNIPC, DEIS):
        yield name, {}, 5
        yield name, SD15, 8
        for steps in (1, 2, 17):
            yield name, LEADING, steps
        for level in LEVELS:
            yield name, {**LEADING, level: True}, 7
            yield name, {**SD, level: True, "sigma_min": 0.05, "sigma_max": 11.0}, 3
        for spacing in ("linspace", "trailing"):
            yield name, {**SD, "timestep_spacing": spacing}, 6
        for prediction in PREDICTIONS:
            if prediction == "v_prediction" or name not in (DPM2, DPM2A, SDE):
                yield name, {**LEADING, "prediction_type": prediction}, 4
        yield name, {**TRAINED, "timestep_spacing": "leading"}, 4
        yield name, {**LEADING, "rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}, 4
        yield name, {**COSINE, "timestep_spacing": "leading"}, 4
    for steps in (1, 2, 8, 17):
        yield EULER_A, SD15, steps
    yield EULER_A, {**TRAINED, "prediction_type": "v_prediction"}, 5
    for name in (EULER, EULER_A, UNIPC, MULTI):
        yield name, ZERO_SNR, 5
    for name in (EULER, HEUN, MULTI, SINGLE):
        yield name, SD, [999, 700, 411, 60]
    yield EULER, {**SD, "final_sigmas_type": "sigma_min", "use_exponential_sigmas": True}, 4
    yield EULER, {**SD, "interpolation_type": "log_linear"}, 5
    yield EULER, {**SD, "interpolation_type": "log_linear", "use_karras_sigmas": True}, 5
    yield EULER, {**SD, "prediction_type": "original_sample"}, 3
    yield EULER, {**SD, "timestep_type": "continuous", "prediction_type": "v_prediction"}, 4
    yield HEUN, {**LEADING, "clip_sample": True, "clip_sample_range": 0.7}, 5
    yield HEUN, {"beta_schedule": "exp"}, 4
    for algorithm in ("dpmsolver", "sde-dpmsolver", "sde-dpmsolver++", "dpmsolver++"):
        for order in (1, 2, 3):
            for solver in ("midpoint", "heun"):
                settings = {**LEADING, "algorithm_type": algorithm, "solver_order": order, "solver_type": solver}
                if not algorithm.endswith("++"):
                    settings["final_sigmas_type"] = "sigma_min"
                if algorithm != "sde-dpmsolver" or order < 3:
                    yield MULTI, settings, 6
                if algorithm != "sde-dpmsolver":
                    yield SINGLE, settings, 6
    for prediction in PREDICTIONS:
        settings = {**LEADING, "algorithm_type": "dpmsolver", "final_sigmas_type": "sigma_min"}
        yield MULTI, {**settings, "prediction_type": prediction}, 4
        yield SINGLE, {**settings, "prediction_type": prediction}, 4
    yield MULTI, {**LEADING, "algorithm_type": "sde-dpmsolver++", "use_karras_sigmas": True}, 17
    yield MULTI, {**SD, "use_lu_lambdas": True}, 6
    yield MULTI, {**SD, "algorithm_type": "deis", "solver_type": "bh2", "final_sigmas_type": "sigma_min"}, 16
    yield MULTI, {**SD, "lower_order_final": False, "final_sigmas_type": "sigma_min", "solver_order": 3}, 5
    yield MULTI, {**COSINE, "lambda_min_clipped": -5.1, "use_karras_sigmas": True}, 5
    for steps in (4, 7, 8, 9):
        for order in (2, 3):
            yield SINGLE, {**SD, "solver_order": order, "lower_order_final": True}, steps
            yield SINGLE, {**SD, "solver_order": order, "final_sigmas_type": "sigma_min"}, steps
    yield SINGLE, {**COSINE, "lambda_min_clipped": -5.1}, 5
    for solver in ("bh1", "bh2"):
        for order in (1, 2, 3, 4):
            settings = {**LEADING, "solver_type": solver, "solver_order": order, "final_sigmas_type": "sigma_min"}
            yield UNIPC, settings, 7
            yield UNIPC, {**settings, "predict_x0": False}, 7
    for prediction in PREDICTIONS:
        settings = {**LEADING, "predict_x0": False, "final_sigmas_type": "sigma_min"}
        yield UNIPC, {**settings, "prediction_type": prediction}, 4
    yield UNIPC, {**LEADING, "solver_order": 3}, 9
    yield UNIPC, {**LEADING, "solver_order": 3, "lower_order_final": False, "final_sigmas_type": "sigma_min"}, 5
    yield UNIPC, {**LEADING, "disable_corrector": [0, 2]}, 6
    yield UNIPC, {**SD, "use_karras_sigmas": True, "final_sigmas_type": "sigma_min"}, 5
    yield UNIPC, {**SD, "solver_type": "midpoint"}, 4
    for order in (1, 3):
        yield DEIS, {**LEADING, "solver_order": order}, 6
        yield DEIS, {**LEADING, "solver_order": order}, 16
    yield DEIS, {**LEADING, "algorithm_type": "dpmsolver++", "solver_type": "bh2", "lower_order_final": False}, 5
    for name in (MULTI, SINGLE, UNIPC, DEIS):
        for steps in (1, 2, 5, 16):
            yield name, FLOW, steps
        yield name, {**FLOW, "solver_order": 3, "use_dynamic_shifting": True, "mu": 0.8}, 7
    yield UNIPC, {**FLOW, "use_karras_sigmas": True}, 5
    yield UNIPC, {**FLOW, "shift_terminal": 0.1, "final_sigmas_type": "sigma_min"}, 5
    yield UNIPC, {**FLOW, "use_dynamic_shifting": True, "time_shift_type": "linear", "mu": 1.7}, 5
    for name in (MULTI, SINGLE, UNIPC, DEIS, DDIM, DDPM, LCM):
        threshold = {"thresholding": True, "dynamic_thresholding_ratio": 0.9, "sample_max_value": 1.3}
        yield name, {**LEADING, **threshold}, 4
    for skip in (True, False):
        for steps in (4, 5, 8, 17):
            yield PNDM, {**SD15, "skip_prk_steps": skip}, steps
        for spacing in ("linspace", "trailing"):
            yield PNDM, {**SD, "skip_prk_steps": skip, "timestep_spacing": spacing}, 6
        yield PNDM, {**SD15, "skip_prk_steps": skip, "prediction_type": "v_prediction"}, 6
        yield PNDM, {**TRAINED, "skip_prk_steps": skip, "set_alpha_to_one": True}, 6
    for steps in (1, 2, 3):
        yield PNDM, SD15, steps
    yield PNDM, {}, 5
    for name in (DDPM, DDIM):
        yield name, {}, 5
        for steps in (1, 2, 8):
            yield name, {**LEADING, "clip_sample": False}, steps
        for prediction in PREDICTIONS:
            yield name, {**LEADING, "prediction_type": prediction}, 4
        for spacing in ("linspace", "trailing"):
            yield name, {**SD, "timestep_spacing": spacing}, 6
        yield name, {**ZERO_SNR, "clip_sample": False}, 4
        yield name, {**TRAINED, "clip_sample_range": 1.5}, 4
    for variance in ("fixed_small_log", "fixed_large"):
        yield DDPM, {**LEADING, "variance_type": variance}, 4
    for schedule in ("sigmoid", "laplace"):
        yield DDPM, {"beta_schedule": schedule, "clip_sample": False}, 4
    yield DDPM, {**SD, "clip_sample": False}, [999, 620, 311, 40]
    for name in (TCD, LCM):
        for steps in (1, 2, 5, 8):
            yield name, {}, steps
        for prediction in PREDICTIONS:
            yield name, {"prediction_type": prediction, "original_inference_steps": 40}, 4
        yield name, {**ZERO_SNR}, 4
        yield name, {}, [999, 759, 499, 259]
    for eta in (0.3, 1.0):
        for steps in (1, 4, 7):
            yield TCD, {"eta": eta}, steps
        yield TCD, {"eta": eta, "prediction_type": "v_prediction"}, 3
    for name in (FLOW_EULER, FLOW_HEUN):
        for steps in (1, 2, 5, 8):
            yield name, {"shift": 3.0}, steps
        yield name, {}, 4
    for level in LEVELS:
        yield FLOW_EULER, {"shift": 3.0, level: True}, 6
    yield FLOW_EULER, {"shift": 3.0, "use_dynamic_shifting": True, "mu": 0.63}, 6
    yield FLOW_EULER, {"use_dynamic_shifting": True, "time_shift_type": "linear", "mu": 1.4}, 6
    yield FLOW_EULER, {"use_dynamic_shifting": True, "mu": 1.15, "use_karras_sigmas": True}, 6
    yield FLOW_EULER, {"shift": 3.0, "shift_terminal": 0.1}, 6
    yield FLOW_EULER, {"shift": 3.0, "stochastic_sampling": True}, 4
    yield FLOW_EULER, {"shift": 3.0, "use_dynamic_shifting": True, "mu": 0.63}, [1000, 600, 200]


class Draws:
    """Noise in order, for everything that draws some."""

    def __init__(self, noises):
        self.noises = noises
        self.count = 0

    def next(self, *args, **kwargs):
        self.count += 1
        return self.noises[self.count - 1]


def brownian(draws, scheduler):
    """Unit noise of a Brownian path whose increments over each half step are the given ones."""
    state = {}

    def sample(sigma, sigma_next):
        noise = draws.next()
        if scheduler.state_in_first_order:
            state.update(first=noise, middle=sigma_next, start=sigma)
            return noise
        first, second = state["start"] - state["middle"], state["middle"] - sigma_next
        return ((first**0.5) * state["first"] + (second**0.5) * noise) / (first + second) ** 0.5

    return sample


def run(name, settings, steps, start, noises):
    """timesteps, sigmas and the samples after each step"""
    cls = getattr(diffusers, name)
    scheduler = cls.from_config({k: v for k, v in settings.items() if k not in ("eta", "mu")})
    draws = Draws(noises)
    module = importlib.import_module(cls.__module__)
    if hasattr(module, "randn_tensor"):
        module.randn_tensor = draws.next
    extra = {"mu": settings["mu"]} if "mu" in settings else {}
    if isinstance(steps, list):
        scheduler.set_timesteps(timesteps=steps, **extra)
    else:
        scheduler.set_timesteps(steps, **extra)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(0)
    if name == SDE:
        scheduler.noise_sampler = brownian(draws, scheduler)
    timesteps = scheduler.timesteps
    sigmas = getattr(scheduler, "sigmas", torch.zeros(0))
    # Pipelines pass 0 where their caller says nothing.
    more = {"eta": settings.get("eta", 0.0)} if name in (TCD, DDIM) else {}
    if name == DEIS and settings.get("use_flow_sigmas"):
        # In float32 it loses four digits where a level is near 1.
        scheduler.sigmas, start = scheduler.sigmas.double(), start.double()
    latents = start * getattr(scheduler, "init_noise_sigma", 1.0)
    samples = []
    for t in timesteps:
        scales = hasattr(scheduler, "scale_model_input")
        model_input = scheduler.scale_model_input(latents, t) if scales else latents
        output = torch.tanh(0.7 * model_input + 0.1 * t.float() / 1000)
        latents = scheduler.step(output, t, latents, return_dict=False, **more)[0]
        samples.append(latents.float().flatten())
    samples = torch.stack(samples)
    assert torch.isfinite(samples).all(), (name, settings, steps)
    return timesteps.float(), sigmas.float(), samples


def main():
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(11)
    start = torch.randn(SHAPE, generator=generator)
    noises = [torch.randn(SHAPE, generator=generator) for _ in range(40)]
    tensors = {"start": start.flatten(), "noises": torch.stack([n.flatten() for n in noises])}
    listed = []
    for number, (name, settings, steps) in enumerate(cases()):
        timesteps, sigmas, samples = run(name, settings, steps, start, noises)
        shown = {k: "TRAINED" if k == "trained_betas" and v else v for k, v in settings.items()}
        entry = {"config": {"_class_name": name, **shown}}
        entry["custom" if isinstance(steps, list) else "steps"] = steps
        listed.append(entry)
        tensors[f"{number:03d}.timesteps"] = timesteps
        if len(sigmas) == len(timesteps) + 1 and name not in (DPM2, DPM2A, SDE):
            tensors[f"{number:03d}.sigmas"] = sigmas
        tensors[f"{number:03d}.samples"] = samples
    tensors["trained_betas"] = torch.tensor(TRAINED["trained_betas"])
    save_file(tensors, out / "trajectories.safetensors")
    lines = ",\n".join(json.dumps(entry) for entry in listed)
    (out / "cases.json").write_text("[\n" + lines + "\n]\n")
    print(len(listed), "cases with diffusers", diffusers.__version__)


if __name__ == "__main__":
    main()
