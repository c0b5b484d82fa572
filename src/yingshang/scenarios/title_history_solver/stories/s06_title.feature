# language: zh-CN
功能: S06 一个多月拿到房产证(原文 L1373-1384)
  服装企业收购整合后,2020 年新建项目竣工合格,却因被收购方土地出让、建设资料缺失办不了权证。
  医药港管理办公室知情后派人实地考察,与上级部门沟通协调,管理办公室、区规资局、行政审批局协同,
  一个多月完成审批流程,拿到房产证,融资需求得到解决。原文只有年份,日期为示例;所缺资料照原文。

  场景: 三家协同,历史资料缺失的权证一个多月办下来
    假如 现在是"2020-09-07 09:00"
    并且 企业"卓尚服饰(杭州)有限公司"成立于"1997-01-01",在"street.xiasha"和"platform.pharma_port"
    当 企业在"title_history_solver"提出"title":"新建项目竣工合格,办不了权证",填表:
      | property | 新建项目厂区             |
      | acquired | 收购并入                 |
      | missing  | 土地出让资料、建设资料   |
      | purpose  | 融资                     |
    那么 系统建议由"platform.pharma_port"承办,并说明理由
    当 "platform.pharma_port"签收
    并且 "platform.pharma_port"联系企业:"第一时间派人实地考察"
    并且 过了"1 天"
    并且 "platform.pharma_port"完成"survey":
      """
      {"visited_on": "2020-09-08", "found": "项目竣工合格;被收购方土地出让、建设资料缺失"}
      """
    并且 过了"3 天"
    并且 "platform.pharma_port"完成"report":
      """
      {"to": "上级部门", "reply": "由管理办公室、规资、审批三家协同办理"}
      """
    那么 同时等着"platform.pharma_port、dept.planning、dept.approval"
    当 过了"7 天"
    并且 "platform.pharma_port"完成"facts":"被收购方情况已认定"
    并且 过了"10 天"
    并且 "dept.planning"完成"planning":
      """
      {"planning_opinion": "同意", "planning_basis": "按认定的事实补正"}
      """
    那么 "certificate"还没有开始
    当 过了"5 天"
    并且 "dept.approval"完成"approval":
      """
      {"approval_opinion": "同意", "approval_basis": "竣工资料合格"}
      """
    并且 过了"9 天"
    并且 "dept.planning"完成"certificate":
      """
      {"number": "示例不动产权第0000001号", "issued_on": "2020-10-12"}
      """
    并且 "platform.pharma_port"答复:"房产证已办下来"
    并且 企业确认已解决
    那么 办件已办结并解决
    并且 从提出到"certificate"办完用了"31"到"45"天
    并且 参与的单位正是"platform.pharma_port、dept.planning、dept.approval"
