using System.Linq.Expressions;

namespace Kumiki.Tables;

/// <summary>The property a lambda such as <c>s =&gt; s.Date</c> names.</summary>
static class Member
{
    /// <exception cref="KumikiException">It is more than a property of the row.</exception>
    internal static string Of(LambdaExpression selector)
    {
        var body = selector.Body is UnaryExpression { NodeType: ExpressionType.Convert } boxed ? boxed.Operand : selector.Body;
        return body is MemberExpression { Expression: ParameterExpression } member
            ? member.Member.Name
            : throw new KumikiException(Message.Of("tables.not-a-column", ("expression", selector.Body), ("record", selector.Parameters[0].Type.Name)));
    }
}
