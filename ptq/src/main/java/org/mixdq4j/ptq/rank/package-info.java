/**
 * Choosing among bit plans by what the network they make says, and how that looks, on calibration samples. May use core,
 * ptq.plan, ptq.forms and ptq.scheme.
 */
package org.mixdq4j.ptq.rank;
