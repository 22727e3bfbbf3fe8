namespace Kumiki.Releasing.Tests;

/// <summary>A world worth checking every rule in.</summary>
/// <param name="Fits">A set that may go live, as typed.</param>
public sealed record Shape(string Name, string[] Lines, string Fits)
{
    internal Shelf Shelf() => Tests.Shelf.Of(Lines);

    public override string ToString() => Name;

    public static IReadOnlyList<Shape> All { get; } =
    [
        new("chain", ["beans@3", "roaster@5 from beans@3", "cut@1 from roaster@5", "endpoint shop@1 from roaster@5, cut@1"], "roaster@5 cut@1 shop@1"),
        new("diamond",
            ["sales@1", "weekly@1 from sales@1", "dataset daily@1 from sales@1", "dataset weekly@2 from sales@1", "model demand@1 from weekly@2, daily@1"],
            "demand@1"),
        new("fan-out",
            ["photos@2", "model dogs@1 from photos@2", "model cats@1 from photos@2", "model birds@1 from photos@2",
            "endpoint zoo@1 from dogs@1, cats@1, birds@1"], "dogs@1 cats@1 birds@1 zoo@1"),
        new("shared source", ["sales@9", "dataset weekly@4 from sales@9", "model demand@7 from weekly@4", "model price@2 from sales@9"], "demand@7 price@2"),
        new("forecast of newer data",
            ["sales@9", "sales@10", "model demand@7 from sales@9", "model price@2 from sales@9", "predictions forecast@1 from demand@7, sales@10"],
            "demand@7 price@2 forecast@1"),
        new("family",
            ["sales@9", "goal aim@1", .. Enumerable.Range(1, 5).SelectMany(Member)],
            string.Join(' ', Enumerable.Range(1, 5).Select(k => $"demand.s{k}@1 cut.s{k}@1"))),
        new("opt-out",
            ["sales@9", "sales@4", "model demand@7 from sales@9", "model season@1 from sales@4 apart from sales: seasons are learned once a year",
            "model blend@1 from fit demand@7, fit season@1, sales@9"], "demand@7 season@1 blend@1"),
        new("ensemble and student",
            ["photos@2", "labels marks@1", "model big@1 from photos@2, marks@1", "model wide@1 from photos@2, marks@1",
            "model both@1 from fit big@1, fit wide@1, photos@2", "model small@1 from fit both@1, photos@2",
            "cut@1 from small@1", "endpoint app@1 from small@1, cut@1"], "big@1 wide@1 both@1 small@1 cut@1 app@1"),
        new("goal whose unread part changed",
            ["sales@9", "goal aim@1 {owner=ann, cost=low}", "goal aim@2 {owner=bob, cost=low}", "model demand@1 from sales@9, aim@1[cost]",
            "model price@1 from sales@9, aim@2[cost]"], "demand@1 price@1"),
        new("same bytes further on",
            ["sales@9", "sales@10", "dataset north@1 from sales@9", "dataset north@2 is north@1 from sales@10", "model cold@1 from north@1",
            "model price@1 from sales@10"], "cold@1 price@1"),
        new("search",
            ["docs@3", "model embedder@1 from docs@3", "searchindex index@1 from fit embedder@1, source docs@3", "endpoint search@1 from embedder@1, index@1"],
            "embedder@1 index@1 search@1"),
        new("a teacher apart, behind what was made from it",
            ["goal aim@1 {owner=ann, cost=low}", "goal aim@2 {owner=bob, cost=low}", "goal aim@3 {owner=bob, cost=high}", "photos@2",
            "model teacher@1 from photos@2, aim@3[cost] apart from aim: it learned the old costs", "labels weak@1 from source teacher@1",
            "model pupil@1 from weak@1, aim@1[cost]", "model price@1 from aim@2[cost]"], "pupil@1 price@1"),
        new("weak labels",
            ["photos@2", "model teacher@1 from photos@2", "labels weak@1 from source teacher@1, scored photos@2", "model pupil@1 from weak@1, photos@2",
            "cut@1 from pupil@1"], "pupil@1 cut@1"),
    ];

    static string[] Member(int key) =>
        [$"dataset sales.s{key}@1 from sales@9", $"model demand.s{key}@1 from sales.s{key}@1, aim@1", $"cut.s{key}@1 from demand.s{key}@1"];
}
