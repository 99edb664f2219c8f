import type { RandomState } from '../engine/random.js';
import { type Backdrop, paintBackdrop, pickBackdrop } from './faces/backdrop.js';
import { type Camera, develop, pickCamera } from './faces/camera.js';
import { type Dress, paintBody, paintGlasses, paintScarf, pickDress } from './faces/dress.js';
import { type Hair, paintBackHair, paintBeard, paintFrontHair, paintMoustache, pickHair } from './faces/hair.js';
import { type Hand, paintHand, pickHand } from './faces/hand.js';
import { type Features, paintEyes, paintHead, paintMouth, paintNose, pickFeatures } from './faces/head.js';
import { type Headwear, hidesBackHair, hidesHair, paintHeadwear, paintHeadwearBack, pickHeadwear } from './faces/headwear.js';
import { type Mask, paintMask, pickMask } from './faces/mask.js';
import { Canvas } from './faces/paint.js';
import { type Person, type Pose, pensOf, pickPerson, pickPose } from './faces/person.js';

/** A picture: RGB bytes [height, width, 3], row by row. */
export interface SyntheticImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** All that is drawn by chance for a picture: a person, who has a mask at hand, a place, and a camera. */
export interface Scene {
  readonly pose: Pose;
  readonly person: Person;
  readonly features: Features;
  readonly headwear: Headwear | undefined;
  readonly hair: Hair;
  readonly dress: Dress;
  readonly hand: Hand | undefined;
  readonly mask: Mask;
  readonly backdrop: Backdrop;
  readonly camera: Camera;
}

export function pickScene(random: RandomState): Scene {
  const pose = pickPose(random);
  const person = pickPerson(random);
  const features = pickFeatures(random, person);
  const headwear = pickHeadwear(random, person);
  const hair = pickHair(random, person, headwear !== undefined);
  const dress = pickDress(random);
  const hand = pickHand(random);
  const mask = pickMask(random, person);
  const backdrop = pickBackdrop(random);
  const camera = pickCamera(random);
  return { pose, person, features, headwear, hair, dress, hand, mask, backdrop, camera };
}

/** Paints a scene, from back to front, with the mask on or without it. */
export function paintScene(scene: Scene, masked: boolean, size: number): SyntheticImage {
  const { pose, person, features, headwear, hair, dress, hand } = scene;
  const canvas = new Canvas(size);
  const pens = pensOf(canvas, person, pose);
  paintBackdrop(canvas, scene.backdrop);
  if (headwear) paintHeadwearBack(pens, headwear);
  if (!hidesBackHair(headwear)) paintBackHair(pens, person, hair);
  paintBody(pens, person, dress, pose);
  paintHead(pens, person, features, pose);
  paintBeard(pens, person, hair);
  paintNose(pens, person, features, pose);
  paintMouth(pens, features);
  paintMoustache(pens, person, hair);
  paintEyes(pens, person, features);
  if (masked) paintMask(pens, scene.mask, pose);
  paintGlasses(pens, dress);
  if (!hidesHair(headwear)) paintFrontHair(pens, person, hair, pose);
  if (headwear) paintHeadwear(pens, headwear);
  paintScarf(pens, dress);
  if (hand) paintHand(pens, person, hand, dress.fabric.color);
  return { width: size, height: size, data: develop(canvas, scene.camera, pose.light) };
}

/**
 * A face with a medical mask or without one, `size` pixels wide and high. All is drawn before it is asked whether the mask is worn: from the
 * same state of `random` come the same person and place for both classes and any size, and `random` ends in the same state. The two pictures
 * differ only from the height of the eyes to just under the chin, and from ear to ear.
 */
export function syntheticFace(random: RandomState, masked: boolean, size: number): SyntheticImage {
  return paintScene(pickScene(random), masked, size);
}
