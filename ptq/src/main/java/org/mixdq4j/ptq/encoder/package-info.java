/** Text encoders in integers. May use core, ptq.forms, ptq.probe and ptq.scheme. */
package org.mixdq4j.ptq.encoder;
