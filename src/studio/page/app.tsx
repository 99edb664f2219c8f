import type { ComponentType } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { LessonPanel } from './components/lesson_panel.js';
import { FileDrop } from './components/own_files.js';
import { PictureDrop } from './components/picture_panel.js';
import { Status, Toast } from './components/status.js';
import { link } from './state/linked.js';
import { linkTo, VIEWS, type View, view } from './state/route.js';
import { type Theme, theme } from './state/theme.js';
import { BuildView } from './views/build.js';
import { GpuView } from './views/gpu.js';
import { HomeView } from './views/home.js';
import { LearnedView } from './views/learned.js';
import { LessonsView } from './views/lessons.js';
import { NetworkView } from './views/network.js';
import { NumberView } from './views/number.js';
import { ShaderView } from './views/shader.js';
import { TrainView } from './views/train.js';

const PAGES: Readonly<Record<View, { readonly title: string; readonly Page: ComponentType }>> = {
  home: { title: 'At a glance', Page: HomeView },
  build: { title: 'Build', Page: BuildView },
  train: { title: 'Training', Page: TrainView },
  network: { title: 'Network', Page: NetworkView },
  number: { title: 'One number', Page: NumberView },
  shader: { title: 'Shader', Page: ShaderView },
  learned: { title: 'What it learned', Page: LearnedView },
  lessons: { title: 'Lessons', Page: LessonsView },
  gpu: { title: 'Your GPU', Page: GpuView },
};

const THEMES: Readonly<Record<Theme, string>> = { system: 'Auto', light: 'Light', dark: 'Dark' };

/** On a phone the views' names are wider than the screen. */
function inSight(link: HTMLElement | null): void {
  link?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

/** Where what had the focus is gone with its view, as a map whose number was picked, the new view has it. */
function keepFocus(): void {
  if (document.activeElement === null || document.activeElement === document.body)
    document.getElementById('main')?.focus({ preventScroll: true });
}

export function App() {
  const { Page, title } = PAGES[view.value];
  const shown = useRef(view.value);
  useEffect(() => {
    if (shown.current !== view.value) keepFocus();
    shown.current = view.value;
  }, [view.value]);
  document.title = `${title} - wgrad studio`;
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the view
      </button>
      <header class="top">
        <strong class="brand">
          wgrad <span>studio</span>
        </strong>
        <nav aria-label="Views">
          {VIEWS.map(name => (
            <a
              key={name}
              ref={name === view.value ? inSight : null}
              href={linkTo(name)}
              aria-current={name === view.value ? 'page' : undefined}
            >
              {PAGES[name].title}
            </a>
          ))}
        </nav>
        <Status />
        <label class="theme">
          <span class="hidden">Colours</span>
          <select
            value={theme.value}
            onChange={event => {
              theme.value = event.currentTarget.value as Theme;
            }}
          >
            {Object.entries(THEMES).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </header>
      <div class="stage">
        <LessonPanel />
        <main id="main" tabIndex={-1} aria-label={title}>
          <Page />
        </main>
      </div>
      {link.isHere && <FileDrop />}
      <PictureDrop />
      <Toast />
    </>
  );
}
