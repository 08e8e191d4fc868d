/**
 * Measurements of all units summed up, and the files they become. May use
 * core, sensitivity.variant, sensitivity.measure, sensitivity.estimate and sensitivity.journal.
 */
package org.mixdq4j.sensitivity.result;
