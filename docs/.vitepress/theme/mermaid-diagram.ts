import { useData } from "vitepress";
import { defineComponent, h, onMounted, ref, useId, watch } from "vue";

/** Draws a diagram in the browser, in the colours of the theme; the package comes with the site, from no other server. */
export const MermaidDiagram = defineComponent({
  props: { code: { type: String, required: true } },
  setup(props) {
    const { isDark } = useData();
    const text = decodeURIComponent(props.code);
    const drawing = ref<string>();
    const id = `diagram-${useId().replaceAll(/\W/g, "")}`;
    const draw = async () => {
      const { default: mermaid } = await import("mermaid");
      mermaid.initialize({
        startOnLoad: false,
        suppressErrorRendering: true,
        theme: isDark.value ? "dark" : "neutral",
      });
      drawing.value = (await mermaid.render(id, text)).svg;
    };
    onMounted(draw);
    watch(isDark, draw);
    return () =>
      drawing.value === undefined
        ? h("pre", { class: "diagram" }, text)
        : h("div", { class: "diagram", innerHTML: drawing.value });
  },
});
