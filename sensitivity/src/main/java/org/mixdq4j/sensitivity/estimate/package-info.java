/**
 * Sensitivities of all layers at once, from gradients, and how well they rank the layers. May use core,
 * sensitivity.variant and sensitivity.measure.
 */
package org.mixdq4j.sensitivity.estimate;
